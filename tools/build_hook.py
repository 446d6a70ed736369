"""Build hook: compiles the inner loop, and freezes the rule packs, so that an installed program need not read TOML."""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PURE = "MAILTRIAGE_PURE"  # set to 1 in the environment: build nothing that needs a compiler


class Build(BuildHookInterface):  # type: ignore[type-arg]
    """Adds to a wheel what is made of the tree. An editable one reads the tree as it is, but for what is compiled."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        try:
            self._compile(build_data)
            if version != "editable":
                self._freeze(build_data)
        finally:
            sys.path.remove(self.root)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        (Path(self.directory) / "packs.bin").unlink(missing_ok=True)

    def _compile(self, build_data: dict[str, Any]) -> None:
        if os.environ.get(PURE, "") not in ("", "0"):
            return
        from tools.compile_inner import compile_inner

        try:
            module = compile_inner(Path(self.root))
        except (Exception, SystemExit) as error:  # no compiler, no headers: the same answers, more slowly
            self.app.display_warning(f"The inner loop is not compiled: {error}")
            return
        build_data["artifacts"].append(f"mailtriage/scan/inner/{module.name}")
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def _freeze(self, build_data: dict[str, Any]) -> None:
        from mailtriage.rules.frozen import freeze
        from mailtriage.rules.shelf import read_packs

        frozen = Path(self.directory) / "packs.bin"
        frozen.parent.mkdir(parents=True, exist_ok=True)
        frozen.write_bytes(freeze(read_packs()))
        build_data["force_include"][str(frozen)] = "mailtriage/rules/packs.bin"
