"""What a file holds, by its first bytes and never by its name.

Sources: RFC 1952 section 2.3.1 (gzip), RFC 8878 section 3.1 (zstd), xz-file-format section 2.1.1.1, LZ4 frame format
("General structure"), POSIX pax (tar), systemd JOURNAL_FILE_FORMAT and JOURNAL_EXPORT_FORMATS.
"""

import importlib.util

HEAD = 64 * 1024  # bytes that are enough to decide

# What mailtriage.sources.unpack takes off; several are joined by "+" in the order in which they come off.
CODECS = ("plain", "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "utf-16", "utf-32", "export")

_MAGIC = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LPKSHHRH", "journal_file"),
    (b"PK\x03\x04", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x9d", "compress"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"__CURSOR=", "export"),
)
# Known, but nothing here reads them: each is the reason why, and so is "binary".
UNREADABLE = frozenset({"journal_file", "zip", "7z", "rar", "compress", "binary"})

_TEXT = bytes({*range(0x20, 0x100), *b"\t\n\r\x1b\x0c\x08"} - {0x7F})


def detect(head: bytes) -> str:
    """Name what begins with ``head``: one of CODECS, "tar", or one of UNREADABLE."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:3] == b"BZh" and head[3:4] in b"123456789" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    if head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F:  # a skippable frame
        return "zstd"
    if head[:3] == b"\x5d\x00\x00" and head[5:13] == b"\xff" * 8:
        return "lzma"
    if head[257:262] == b"ustar":
        return "tar"
    return "binary" if _binary(head) else "plain"


def _binary(head: bytes) -> bool:
    """Whether these are no lines. NULs at the start are none of the matter: a log cut by copytruncate can begin so."""
    body = head.lstrip(b"\x00")
    if not body:
        return False
    return len(body.translate(None, _TEXT)) > len(body) // 16


def available(codec: str) -> bool:
    """Whether this Python can take ``codec`` off."""
    wanted = {"zstd": "zstandard", "lz4": "lz4", "bzip2": "_bz2", "xz": "_lzma", "lzma": "_lzma", "gzip": "zlib"}
    return all(importlib.util.find_spec(wanted[part]) is not None for part in codec.split("+") if part in wanted)
