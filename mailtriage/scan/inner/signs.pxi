"""Kinds of bytes, parts of texts, and the hash of ``sample.digest``."""

cdef extern from *:
    """
    #include <string.h>
    static const unsigned char *mt_last_newline(const unsigned char *low, const unsigned char *high) {
    #ifdef __GLIBC__
        return (const unsigned char *)memrchr(low, '\\n', high - low);
    #else
        while (high > low) if (*--high == '\\n') return high;
        return 0;
    #endif
    }
    static Py_ssize_t mt_newlines(const unsigned char *at, const unsigned char *end) {
        Py_ssize_t found = 0;
        for (; at < end; at++) found += *at == '\\n';
        return found;
    }
    """
    const uint8_t *mt_last_newline(const uint8_t *, const uint8_t *) nogil
    Py_ssize_t mt_newlines(const uint8_t *, const uint8_t *) nogil

# Kinds of bytes.
cdef enum:
    PLAIN = 1  # no control sign, blank, or byte that is not ASCII
    PRINTED = 2  # the same, or a blank
    WORD = 4  # usual.WORD: of an address or login
    NAME = 8  # usual.NAME: of a host name
    HEX = 16  # of a host's address
    TAG = 32  # of a tag
    BOX = 64  # of either side of an address that failed
    ALNUM = 128

cdef uint8_t[256] KIND
cdef uint32_t[8][256] CRC


cdef void _tables():
    cdef int byte, bit, table
    cdef uint32_t rest
    for byte in range(256):
        KIND[byte] = 0
        if byte < 0x20 or byte >= 0x7F:
            continue
        KIND[byte] |= PRINTED
        if byte == 0x20:
            continue
        KIND[byte] |= PLAIN
        if byte not in b'<>"\\;,':
            KIND[byte] |= WORD
            if byte not in b"[]":
                KIND[byte] |= NAME
                if byte != 0x40:
                    KIND[byte] |= BOX
        if byte not in b"[]:":
            KIND[byte] |= TAG
        if byte in b"0123456789abcdefABCDEF.:":
            KIND[byte] |= HEX
        if chr(byte).isalnum():
            KIND[byte] |= ALNUM
    for byte in range(256):
        rest = byte
        for bit in range(8):
            rest = (rest >> 1) ^ (0xEDB88320U if rest & 1 else 0)
        CRC[0][byte] = rest
    for byte in range(256):
        for table in range(1, 8):
            rest = CRC[table - 1][byte]
            CRC[table][byte] = (rest >> 8) ^ CRC[0][rest & 0xFF]


_tables()


cdef uint64_t digest(const uint8_t *data, Py_ssize_t size) noexcept nogil:
    """``sample.digest``: CRC-32 and Adler-32 (RFC 1950)."""
    cdef uint32_t crc = 0xFFFFFFFFU, low = 1, high = 0
    cdef uint64_t eight
    cdef Py_ssize_t at = 0, i, piece
    while size - at >= 8:
        memcpy(&eight, data + at, 8)
        eight ^= crc
        crc = (
            CRC[7][eight & 0xFF] ^ CRC[6][(eight >> 8) & 0xFF] ^ CRC[5][(eight >> 16) & 0xFF]
            ^ CRC[4][(eight >> 24) & 0xFF] ^ CRC[3][(eight >> 32) & 0xFF] ^ CRC[2][(eight >> 40) & 0xFF]
            ^ CRC[1][(eight >> 48) & 0xFF] ^ CRC[0][eight >> 56]
        )
        at += 8
    while at < size:
        crc = (crc >> 8) ^ CRC[0][(crc ^ data[at]) & 0xFF]
        at += 1
    at = 0
    while at < size:
        piece = min(size, at + 5552)  # so many fit before the sums overflow
        for i in range(at, piece):
            low += data[i]
            high += low
        low %= 65521
        high %= 65521
        at = piece
    return (<uint64_t>~crc) << 32 | (high << 16 | low)


cdef struct Part:
    const uint8_t *at
    Py_ssize_t size
