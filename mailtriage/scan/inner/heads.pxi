"""Heads: whose a line is, by its time, host and tag; what ``syslog.bulk`` counts with one expression."""

from mailtriage.syslog.bulk import judge_usual

cdef enum:
    SEEN = 64  # writers that are told apart

cdef extern from "Python.h":
    char *PyByteArray_AS_STRING(object)
    char *PyBytes_AS_STRING(object)


cdef bint usual_head(const uint8_t *at, const uint8_t *end, Part *writer) noexcept nogil:
    """The host and tag of a line of the usual form (``bulk._USUAL``)."""
    cdef const uint8_t *from_ = at
    cdef Part hour, zone
    at = stamp(at, end, 54, &hour, &zone)  # with a leap second and more
    if at is NULL:
        return False
    if hour.size == 13:
        if from_[5] > 49 or from_[8] > 51 or from_[11] > 50:
            return False
    elif from_[4] > 51 or from_[7] > 50 or memchr(b"ADFJMNOS", from_[0], 8) is NULL:
        return False
    writer.at = at
    while at < end and at[0] != 32:
        at += 1
    if at == writer.at or at >= end:
        return False
    at += 1
    if at >= end or at[0] == 32 or at[0] == 91 or at[0] == 58:
        return False
    while at < end and at[0] != 32 and at[0] != 91 and at[0] != 58:
        at += 1
    writer.size = at - writer.at
    if at < end and at[0] == 91:
        at = number(at + 1, end, 10)
        if at is NULL or at >= end or at[0] != 93:
            return False
        at += 1
    return begins(at, end, b": ", 2)


cdef class Writers:
    """Counts the lines of blocks by who wrote them."""

    cdef list names  # host and tag
    cdef list owners  # whose its lines are (postfix, other, broken), and its host
    cdef int64_t[SEEN] counts
    cdef int last

    def __init__(self):
        self.names, self.owners = [], []

    def count(self, buffer, Py_ssize_t begin, Py_ssize_t end):
        """Of the lines of buffer[begin:end]: (whose, host, how many) by writer, and those that are not usual."""
        cdef const uint8_t *base
        cdef const uint8_t *at
        cdef const uint8_t *stop
        cdef const uint8_t *behind
        cdef Part writer
        cdef int i
        cdef list unusual = []
        base = <const uint8_t *>(PyByteArray_AS_STRING(buffer) if isinstance(buffer, bytearray) else PyBytes_AS_STRING(buffer))
        at, stop = base + begin, base + end
        for i in range(SEEN):
            self.counts[i] = 0
        while at < stop:
            behind = <const uint8_t *>memchr(at, 10, stop - at)
            if behind is NULL:
                behind = stop
            i = self._writer(&writer) if usual_head(at, behind, &writer) else -1
            if i == -2:
                i = self._learn(PyBytes_FromStringAndSize(<const char *>at, behind - at), &writer)
            if i < 0:
                unusual.append(PyBytes_FromStringAndSize(<const char *>at, behind - at))
            else:
                self.counts[i] += 1
            at = behind + 1
        found = [(*self.owners[i], self.counts[i]) for i in range(len(self.names)) if self.counts[i]]
        return found, unusual

    cdef int _writer(self, Part *writer) noexcept:
        """The number of a writer; -2 for one that is not known."""
        cdef int i, many = <int>len(self.names)
        if many == 0:
            return -2
        for i in range(self.last, many):
            if same_text(self.names[i], writer):
                self.last = i
                return i
        for i in range(min(self.last, many)):
            if same_text(self.names[i], writer):
                self.last = i
                return i
        return -2

    cdef int _learn(self, bytes line, Part *writer) except -3:
        """The number of a new writer; -1 where its line must be looked at alone."""
        owner = judge_usual(line)
        if owner is None or len(self.names) >= SEEN:
            return -1
        self.names.append(some(writer[0]))
        self.owners.append(owner)
        return <int>len(self.names) - 1


cdef inline bint same_text(bytes name, Part *part) noexcept:
    return len(name) == part.size and memcmp(<const char *>name, part.at, part.size) == 0
