"""Names and addresses: what ``party`` and ``meaning`` say of them."""

cdef Py_ssize_t network(Part addr, uint8_t *to) noexcept nogil:
    """``shortway.network_of`` for a plain IPv4 address; 0 for any other."""
    cdef const uint8_t *at = addr.at
    cdef const uint8_t *end = addr.at + addr.size
    cdef const uint8_t *start
    cdef const uint8_t *dot = NULL
    cdef int octet, value
    for octet in range(4):
        start, value = at, 0
        while at < end and digit(at[0]) and at - start < 4:
            value = value * 10 + at[0] - 48
            at += 1
        if at == start or at - start > 3 or value > 255 or (start[0] == 48 and at - start > 1):
            return 0
        if octet < 3:
            if at >= end or at[0] != 46:
                return 0
            dot = at
            at += 1
    if at != end:
        return 0
    memcpy(to, addr.at, dot - addr.at)
    memcpy(to + (dot - addr.at), b".0/24", 5)
    return dot - addr.at + 5


cdef Py_ssize_t wide(Part addr) noexcept nogil:
    """How much of an address says which wide network it is of (``party.wide``): two octets, where it is plain IPv4."""
    cdef uint8_t[24] to
    cdef Py_ssize_t size = 0
    cdef int dots = 0
    if addr.size > 15 or network(addr, to) == 0:
        return addr.size
    while dots < 2:
        dots += addr.at[size] == 46
        size += 1
    return size


cdef bint plain_name(Part helo) noexcept nogil:
    """``meaning.plain_name``."""
    cdef Py_ssize_t i
    if helo.size >= 250 or memchr(helo.at, 46, helo.size) is NULL:
        return False
    for i in range(helo.size):
        if not (KIND[helo.at[i]] & ALNUM or helo.at[i] == 46 or helo.at[i] == 45):
            return False
    return True


cdef inline uint8_t lower(uint8_t byte) noexcept nogil:
    return byte + 32 if 65 <= byte <= 90 else byte


cdef bint is_host_name(Part name) noexcept nogil:
    """``party.is_host_name``"""
    cdef Py_ssize_t i
    cdef uint8_t byte
    cdef bint literal = True
    if memchr(name.at, 46, name.size) is NULL:
        return False
    while name.size and name.at[name.size - 1] == 46:
        name.size -= 1
    if not 1 <= name.size <= 252:
        return False
    for i in range(name.size):
        byte = lower(name.at[i])
        if not (97 <= byte <= 122 or digit(byte) or byte == 42):
            if byte == 95 and i < name.size - 1:
                pass
            elif not ((byte == 46 or byte == 45) and 0 < i < name.size - 1):
                return False
        if not (digit(byte) or 97 <= byte <= 102 or byte == 46):
            literal = False
    return not literal


cdef Py_ssize_t pool(Part name, uint8_t *to) noexcept nogil:
    """``party.pool_id``: a name without the digits of its host part."""
    cdef const uint8_t *at = name.at
    cdef const uint8_t *end = name.at + name.size
    cdef const uint8_t *organisation
    cdef Py_ssize_t labels = 1, size = 0, first = 0
    cdef const uint8_t *dot
    cdef int tail = 2
    while at < end and at[0] == 46:
        at += 1
    while end > at and (end - 1)[0] == 46:
        end -= 1
    dot = at
    while dot < end:
        labels += dot[0] == 46
        dot += 1
    if labels > 2 and end - at > 3 and (end - 3)[0] == 46 and (end - 2)[0] != 46:
        dot = end - 4
        while dot >= at and dot[0] != 46:
            dot -= 1
        if end - 3 - (dot + 1) <= 3:
            tail = 3
    organisation = end
    while organisation > at and tail:
        organisation -= 1
        tail -= organisation[0] == 46
    if tail == 0:
        organisation += 1
    while at < organisation:
        if not digit(at[0]):
            to[size] = lower(at[0])
            size += 1
        at += 1
    # Of the host part, its own dot at the end not counted.
    while size > first and (to[size - 1] == 46 or to[size - 1] == 45):
        size -= 1
    while first < size and (to[first] == 46 or to[first] == 45):
        first += 1
    if first:
        memmove(to, to + first, size - first)
        size -= first
    if size:
        to[size] = 46
        size += 1
    at = organisation
    while at < end:
        to[size] = lower(at[0])
        size += 1
        at += 1
    return size
