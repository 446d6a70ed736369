"""A log, and ways to hand it over."""

import bz2
import gzip
import io
import lzma
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import zstandard

LINES = tuple(
    b"Apr %2d %02d:%02d:%02d mx postfix/smtpd[%d]: connect from a%d.example[192.0.2.%d]\n"
    % (1 + n // 720, n // 30 % 24, n * 2 % 60, n * 7 % 60, n, n * n % 9973, n % 250)
    for n in range(6000)
)
LOG = b"".join(LINES)


def lz4(data: bytes) -> bytes:
    return pytest.importorskip("lz4.frame").compress(data)


PACK: Mapping[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
    "lz4": lz4,
    "utf-16": lambda data: data.decode().encode("utf-16"),
}


def tar(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    """An archive of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = 1_775_865_600
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def raw_deflate_bomb(size: int) -> Iterator[bytes]:
    """A gzip file of ``size`` zeros."""
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(size >> 20):
        yield packer.compress(bytes(1 << 20))
    yield packer.flush()


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Callable[[bytes], int]]:
    """Write bytes into a pipe from another process; gives the end to read from."""
    running: list[subprocess.Popen[bytes]] = []

    def feed(data: bytes) -> int:
        path = tmp_path / "feed"
        path.write_bytes(data)
        process = subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE)
        running.append(process)
        assert process.stdout is not None
        return process.stdout.fileno()

    yield feed
    for process in running:
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
