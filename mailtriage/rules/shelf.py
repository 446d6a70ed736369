"""Where packs stand: ours beside this module, the user's in the folders of the configuration.

Our packs are TOML in the source tree. A wheel brings them frozen as well (``packs.bin``, made when it is built); a
checkout freezes them into the user's cache directory, under a name that changes with every pack and with the code that
reads them.
"""

import contextlib
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

from mailtriage.rules.book import RuleBook
from mailtriage.rules.frozen import FORMAT, Frozen, freeze, gather, thaw
from mailtriage.rules.pack import Operator, PackError, Rule
from mailtriage.rules.sense import Vocabulary, vocabulary

PACKS = Path(__file__).parent / "packs"
VOCABULARY = Path(__file__).parent / "vocabulary"
SHIPPED = Path(__file__).parent / "packs.bin"
_READERS = ("entry.py", "frozen.py", "literal.py", "load.py", "pack.py", "prefilter.py", "sense.py")


def pack_files(folder: Path = PACKS) -> list[Path]:
    """The packs below a folder, in a stable order. ``packs/<lang>/`` holds words only and is passed over."""
    return sorted(p for p in folder.rglob("*.toml") if len(p.relative_to(folder).parts[0]) != 2)


def load_book(user_folders: Iterable[Path] = ()) -> tuple[RuleBook, tuple[PackError, ...]]:
    """Our packs and the user's. A broken pack of the user is left out and named in the second value.

    Raises PackError for a broken pack of ours: that is a bug.
    """
    ours = _ours()
    operators, rules, broken = _users(user_folders)
    if not rules and not operators:
        return RuleBook(frozen=ours), broken
    book = RuleBook(frozen=ours)
    return RuleBook((*rules, *book.rules.values()), (*ours.operators, *operators), ours.vocabulary), broken


def read_packs() -> Frozen:
    """Our packs from their TOML. Raises PackError, also where two packs have a rule of one id."""
    from mailtriage.rules.load import parse_pack

    operators: list[Operator] = []
    rules: list[Rule] = []
    places: dict[str, str] = {}
    for path in pack_files():
        # The place is told as it stands in the source tree, wherever that is.
        place = path.relative_to(PACKS.parent).as_posix()
        operator, found = parse_pack(path.read_text(encoding="utf-8"), place)
        for rule in found:
            if rule.id in places:  # one of the two would be dropped without a word
                raise PackError(place, rule.id, "id", f"stands in {places[rule.id]} as well")
            places[rule.id] = place
        operators.append(operator)
        rules.extend(found)
    return gather(rules, operators, read_vocabulary())


def read_vocabulary(folder: Path = VOCABULARY) -> Vocabulary:
    """The words of all languages. Raises PackError, with the file and the word.

    English comes first; where two languages have one word for two things, the earlier file wins.
    """
    import tomllib

    words: list[tuple[str, str]] = []
    for path in sorted(folder.glob("*.toml"), key=lambda p: (p.stem != "en", p.stem)):
        for concept, found in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for word in found:
                if "*" in word.strip("*") or not word.strip("*"):
                    raise PackError(
                        f"vocabulary/{path.name}", None, concept, f"{word!r}: a star may stand at an end only"
                    )
                words.append((word, concept))
    return vocabulary(words)


def _users(folders: Iterable[Path]) -> tuple[list[Operator], list[Rule], tuple[PackError, ...]]:
    operators: list[Operator] = []
    rules: list[Rule] = []
    broken: list[PackError] = []
    for folder in folders:
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            from mailtriage.rules.load import load_pack

            try:
                operator, found = load_pack(path, user_pack=True)
            except PackError as err:
                broken.append(err)
            except OSError as err:
                broken.append(PackError(str(path), None, None, err.strerror or str(err)))
            else:
                operators.append(operator)
                rules.extend(found)
    return operators, rules, tuple(broken)


def _ours() -> Frozen:
    """Our packs, frozen: from the wheel, from the cache, else from their TOML."""
    with contextlib.suppress(OSError):
        if shipped := thaw(SHIPPED.read_bytes()):
            return shipped
    cached = _cache_file()
    if cached is None:
        return read_packs()
    stamp = _stamp()
    with contextlib.suppress(OSError), cached.open("rb") as stream:
        # Nobody else's file: what is in it would be believed.
        mine = os.fstat(stream.fileno()).st_uid == os.geteuid()
        if mine and stream.read(len(stamp)) == stamp and (frozen := thaw(stream.read())):
            return frozen
    frozen = read_packs()
    _keep(cached, stamp + freeze(frozen))
    return frozen


def _cache_file() -> Path | None:
    """Where a checkout keeps its frozen packs, each checkout its own; None where there is no such place."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111  (Path.home() may raise)
    if not os.path.isabs(root) or not hasattr(os, "geteuid"):  # noqa: PTH117
        return None
    return Path(root) / "mailtriage" / f"packs-{zlib.crc32(str(PACKS).encode()):08x}.bin"


def _stamp() -> bytes:
    """Changes with every file that the frozen packs are made of."""
    here = PACKS.parent
    folders = [str(PACKS), str(VOCABULARY)]
    found = [str(here / name) for name in _READERS]
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".toml"):
                    found.append(entry.path)
                elif len(entry.name) != 2 and entry.is_dir():  # a language's words are no part of them
                    folders.append(entry.path)
    lines = [FORMAT]
    for path in sorted(found):
        with contextlib.suppress(OSError):
            info = os.stat(path)  # noqa: PTH116
            lines.append(f"{path}\t{info.st_size}\t{info.st_mtime_ns}")
    return ("\n".join(lines) + "\n\n").encode()


def _keep(path: Path, data: bytes) -> None:
    """Write the cache file whole or not at all; where that cannot be, the packs are read again the next time."""
    import tempfile

    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            os.replace(name, path)  # noqa: PTH105
        except OSError:
            os.unlink(name)  # noqa: PTH108
            raise
