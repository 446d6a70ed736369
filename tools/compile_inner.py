"""Compiles the inner loop of the scan in place: ``python -m tools.compile_inner``, whenever loop.pyx was changed.

Needs Cython, setuptools and a C compiler. Without them mailtriage works as well, and is slower.
"""

import os
import tempfile
from pathlib import Path

SOURCE = Path("mailtriage") / "scan" / "inner" / "loop.pyx"


def compile_inner(root: Path) -> Path:
    """Compile ``loop.pyx`` into a module beside it and return where that is. Raises whatever keeps it from that."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    from mailtriage.scan.inner import sources

    with tempfile.TemporaryDirectory() as folder:
        flags = [] if os.name == "nt" else ["-O3", "-g0"]
        macros: list[tuple[str, str | None]] = [("MAILTRIAGE_SOURCES", f"{sources()}U")]
        extension = Extension("loop", [str(root / SOURCE)], extra_compile_args=flags, define_macros=macros)
        modules = cythonize([extension], build_dir=folder, quiet=True, force=True)
        command = build_ext(Distribution({"ext_modules": modules}))
        command.build_lib, command.build_temp = str((root / SOURCE).parent), folder
        command.ensure_finalized()
        command.run()
        return Path(command.get_outputs()[0])


if __name__ == "__main__":
    print(compile_inner(Path(__file__).parents[1]))
