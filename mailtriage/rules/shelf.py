"""Where packs stand: ours beside this module, the user's in the folders of the configuration."""

from collections.abc import Iterable
from pathlib import Path

from mailtriage.rules.book import RuleBook
from mailtriage.rules.load import load_pack
from mailtriage.rules.pack import Operator, PackError, Rule

PACKS = Path(__file__).parent / "packs"


def pack_files(folder: Path = PACKS) -> list[Path]:
    """The packs below a folder, in a stable order. ``packs/<lang>/`` holds words only and is passed over."""
    return sorted(p for p in folder.rglob("*.toml") if len(p.relative_to(folder).parts[0]) != 2)


def load_book(user_folders: Iterable[Path] = ()) -> tuple[RuleBook, tuple[PackError, ...]]:
    """Our packs and the user's. A broken pack of the user is left out and named in the second value.

    Raises PackError for a broken pack of ours: that is a bug.
    """
    operators: list[Operator] = []
    rules: list[Rule] = []
    broken: list[PackError] = []
    for path in pack_files():
        operator, found = load_pack(path)
        operators.append(operator)
        rules.extend(found)
    for folder in user_folders:
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            try:
                operator, found = load_pack(path, user_pack=True)
            except PackError as err:
                broken.append(err)
            except OSError as err:
                broken.append(PackError(str(path), None, None, err.strerror or str(err)))
            else:
                operators.append(operator)
                rules.extend(found)
    return RuleBook(rules, operators), tuple(broken)
