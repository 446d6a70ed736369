"""Build hook: a wheel brings the rule packs frozen as well, so that an installed program need not read TOML."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FreezePacks(BuildHookInterface):  # type: ignore[type-arg]
    """Adds mailtriage/rules/packs.bin to a wheel. An editable one reads the tree as it is, so it gets none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from mailtriage.rules.frozen import freeze
            from mailtriage.rules.shelf import read_packs

            data = freeze(read_packs())
        finally:
            sys.path.remove(self.root)
        frozen = Path(self.directory) / "packs.bin"
        frozen.parent.mkdir(parents=True, exist_ok=True)
        frozen.write_bytes(data)
        build_data["force_include"][str(frozen)] = "mailtriage/rules/packs.bin"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        (Path(self.directory) / "packs.bin").unlink(missing_ok=True)
