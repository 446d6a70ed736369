"""Taking compression off, piece by piece, in bounded memory.

All that can be unpacked comes out before Damage is raised. A piece has at most PIECE bytes whatever its input: a bomb
is met as a long stream, never as a large object.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

PIECE = 128 * 1024
GULP = 1024 * 1024  # what has nothing to take off is read in larger pieces: 1,700 instead of 400 MiB/s from a pipe
# Small steps: when a decoder raises, what the step at fault would still have given is lost.
STEP = 16 * 1024
MEMORY = 256 * 1024 * 1024  # an xz header can ask for gigabytes
# Given up as a bomb: past MUCH unpacked bytes, more than RATIO times what is stored. Logs shrink to a tenth or a
# thirtieth; gzip can reach 1,032.
MUCH = 1024 * 1024 * 1024
RATIO = 1000
ZSTD_BLOCK = 128 * 1024  # RFC 8878 section 3.1.1.2.4: no block unpacks to more


class Damage(Exception):  # noqa: N818 - says what the input has, not what the program did
    """The input ends early or is broken; ``reason`` is a key below "unread." of texts/."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stored(Protocol):
    """Bytes as they are stored; ``at`` of them were read."""

    @property
    def at(self) -> int: ...
    def read(self, size: int, /) -> bytes: ...
    def rewind(self) -> None: ...


class _Decoder(Protocol):
    """What IgzipDecompressor, BZ2Decompressor, LZMADecompressor and LZ4FrameDecompressor have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


def unpack(codec: str, stored: Stored) -> Iterator[bytes]:
    """Yield the unpacked bytes of ``stored``. ``codec`` may join several with "+": "gzip+export".

    Raises Damage once all that could be unpacked was yielded, and OSError as reading does.
    """
    if codec == "plain":
        return _plain(stored)
    source: Stored = stored
    for part in codec.split("+"):
        pieces = _ONE[part](source)
        source = _Pieces(pieces)
    return _bounded(pieces, stored)


def _bounded(pieces: Iterator[bytes], stored: Stored) -> Iterator[bytes]:
    given = 0
    for piece in pieces:
        given += len(piece)
        if given > MUCH and given > RATIO * stored.at:
            raise Damage("bomb")
        yield piece


def _plain(stored: Stored) -> Iterator[bytes]:
    while piece := stored.read(GULP):
        yield piece


class _Pieces:
    """Pieces as a thing to read from: what one codec gives is what the next one takes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.at = 0

    def read(self, size: int, /) -> bytes:
        piece = next(self._pieces, b"")
        self.at += len(piece)
        return piece

    def rewind(self) -> None:
        raise Damage("corrupt")


class _Zlib:
    """zlib.decompressobj with the interface of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(piece) < max_length
        return piece


def gzip_decoder() -> Callable[[], _Decoder]:
    """The fastest there is: ISA-L where it is installed, else zlib."""
    try:
        from isal import igzip_lib
    except ImportError:
        return _Zlib
    return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def _gzip(stored: Stored) -> Iterator[bytes]:
    given = 0
    try:
        for piece in _members(stored, gzip_decoder(), b"\x1f\x8b"):
            given += len(piece)
            yield piece
    except Damage as damage:
        if damage.reason == "corrupt":
            yield from _salvage(stored, given)
        raise


def _salvage(stored: Stored, given: int) -> Iterator[bytes]:
    """What a gzip decoder held back when it raised: once more from the start, now byte by byte before the fault."""
    slow = _Slow(stored, stored.at - 2 * STEP)
    for piece in _members(slow, _Zlib, b"\x1f\x8b"):
        if given < len(piece):
            yield piece[given:]
        given = max(0, given - len(piece))


class _Slow:
    """Reads single bytes once ``fast`` bytes were read."""

    def __init__(self, stored: Stored, fast: int) -> None:
        self._stored = stored
        self._fast = fast
        self.rewind()

    @property
    def at(self) -> int:
        return self._stored.at

    def rewind(self) -> None:
        self._stored.rewind()

    def read(self, size: int, /) -> bytes:
        return self._stored.read(size if self.at < self._fast else 1)


def _bzip2(stored: Stored) -> Iterator[bytes]:
    from bz2 import BZ2Decompressor

    return _members(stored, BZ2Decompressor, b"BZh")


def _xz(stored: Stored) -> Iterator[bytes]:
    import lzma

    return _members(stored, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY), b"\xfd7zXZ")


def _lzma(stored: Stored) -> Iterator[bytes]:
    import lzma

    return _members(stored, lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY), b"\x5d\x00")


def _lz4(stored: Stored) -> Iterator[bytes]:
    from lz4.frame import LZ4FrameDecompressor

    return _members(stored, LZ4FrameDecompressor, b"\x04\x22\x4d\x18")


def _members(stored: Stored, make: Callable[[], _Decoder], magic: bytes) -> Iterator[bytes]:
    """One member, frame or stream after the other, each with a decoder of its own, zero padding between them."""
    data = stored.read(STEP)
    while data:
        decoder = make()
        while not decoder.eof:
            if not data and decoder.needs_input:
                data = stored.read(STEP)
                if not data:
                    raise Damage("truncated")
            try:
                piece = decoder.decompress(data, max_length=PIECE)
            except Exception as error:  # each library has a class of its own, RuntimeError and MemoryError included
                raise Damage("corrupt") from error
            data = b""
            if piece:
                yield piece
            if decoder.eof:
                break
        data = (decoder.unused_data or b"").lstrip(b"\x00")
        while len(data) < len(magic) and (more := stored.read(STEP)):
            data = (data + more).lstrip(b"\x00")
        if data and not data.startswith(magic):
            raise Damage("trailing")


class _Bytewise:
    """Reading an exact number of bytes."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._data = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """``size`` bytes, or as many as there are."""
        while len(self._data) - self._at < size and (more := self._stored.read(PIECE)):
            self._data = self._data[self._at :] + more
            self._at = 0
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def exactly(self, size: int) -> bytes:
        taken = self.take(size)
        if len(taken) < size:
            raise Damage("truncated")
        return taken


def _zstd(stored: Stored) -> Iterator[bytes]:
    """Block by block: the library would unpack all it is given at once, and takes a cut frame for a whole one."""
    import zstandard

    source = _Bytewise(stored)
    while magic := source.take(4):
        if len(magic) < 4:
            raise Damage("truncated")
        if magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F:
            source.exactly(int.from_bytes(source.exactly(4), "little"))
            continue
        if magic != b"\x28\xb5\x2f\xfd":
            raise Damage("trailing")
        descriptor = source.exactly(1)
        header = magic + descriptor + source.exactly(_zstd_header_rest(descriptor[0]))
        decoder = zstandard.ZstdDecompressor(max_window_size=MEMORY).decompressobj()
        try:
            decoder.decompress(header)
            last = False
            while not last:
                head = source.exactly(3)
                fields = int.from_bytes(head, "little")
                last, kind, size = bool(fields & 1), fields >> 1 & 3, fields >> 3
                if kind == 3 or size > ZSTD_BLOCK:
                    raise Damage("corrupt")
                block = head + source.exactly(1 if kind == 1 else size)
                if last and descriptor[0] & 4:
                    piece = decoder.decompress(block)
                    if piece:
                        yield piece
                    block = source.exactly(4)
                piece = decoder.decompress(block)
                if piece:
                    yield piece
        except zstandard.ZstdError as error:
            raise Damage("corrupt") from error


def _zstd_header_rest(descriptor: int) -> int:
    """Bytes of a frame header behind its descriptor (RFC 8878 section 3.1.1.1)."""
    single = descriptor >> 5 & 1
    size_flag = descriptor >> 6
    size = (single, 2, 4, 8)[size_flag]
    return (1 - single) + (0, 1, 2, 4)[descriptor & 3] + size


def _wide(encoding: str) -> Callable[[Stored], Iterator[bytes]]:
    def decode(stored: Stored) -> Iterator[bytes]:
        import codecs

        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        while piece := stored.read(PIECE):
            yield decoder.decode(piece).encode("utf-8", "replace")
        if tail := decoder.decode(b"", final=True):
            yield tail.encode("utf-8", "replace")

    return decode


def _export(stored: Stored) -> Iterator[bytes]:
    from mailtriage.sources.export import lines

    return lines(_plain(stored))


_ONE: dict[str, Callable[[Stored], Iterator[bytes]]] = {
    "plain": _plain,
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "lzma": _lzma,
    "zstd": _zstd,
    "lz4": _lz4,
    "utf-16": _wide("utf-16"),
    "utf-32": _wide("utf-32"),
    "export": _export,
}
