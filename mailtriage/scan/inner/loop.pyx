# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The inner loop, compiled: what the short ways do with lines that come by the million, over the bytes themselves.

It reads lines as ``usual``, ``shortway``, ``shortdelivery`` and ``success`` do and brings home the same (tests hold both
side by side); where it is not compiled, they do it all. A line is cut in place (cutting). Its bytes are copied into an
arena, with a row of numbers that say where its parts stand; rows of one meaning and one party form a bucket (rows).
When a bucket is counted, its rows are gone over once for each set. Whatever is not of a known shape is handed back to
Python, the long way, which then teaches the shape.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, qsort, realloc
from libc.string cimport memchr, memcmp, memcpy, memmove

from mailtriage.model.stamp import Stamp
from mailtriage.postfix.fields import seconds
from mailtriage.scan import party as parties
from mailtriage.scan import session, shortdelivery, shortway
from mailtriage.scan.ask import TEN
from mailtriage.scan.pointer import NAME_LENGTH as MOST_LETTERS
from mailtriage.scan.sample import digest as sample_digest
from mailtriage.scan.tally import HOUR, LATE, GroupKey, Line, Mail, Place
from mailtriage.scan.usual import stamp_of

cdef extern from "Python.h":
    bytes PyBytes_FromStringAndSize(const char *, Py_ssize_t)
    str PyUnicode_DecodeASCII(const char *, Py_ssize_t, const char *)

cdef extern from *:
    const uint32_t MAILTRIAGE_SOURCES

SOURCES = MAILTRIAGE_SOURCES  # a check sum, given by who compiles

cdef enum:
    LONGEST = 2000  # bytes of a line (usual.LONGEST)
    ARENA = 8 * 1024 * 1024  # bytes of lines that wait before they are counted
    SEVERAL = 32768  # rows that do

cdef Py_ssize_t NAME_LENGTH = MOST_LETTERS
cdef object tuple_new = tuple.__new__

include "signs.pxi"
include "cutting.pxi"
include "names.pxi"
include "heads.pxi"
include "rows.pxi"
include "failures.pxi"
include "answers.pxi"

cdef bytes PROBE = b"a machine may count its bytes from the other end"
if digest(PROBE, len(PROBE)) != sample_digest(PROBE):
    raise ImportError("the compiled hash is another one")
