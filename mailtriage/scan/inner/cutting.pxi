"""Lines cut in place: what ``usual``, ``shortway``, ``shortdelivery`` and ``success`` do with expressions."""

# A line that was cut. ``parts``: the first five as shortway.Cut has them.
cdef enum:
    CLIENT = 0  # the other side's name
    ADDR = 1
    SENDER = 2  # or the name of who failed to log in
    RECIPIENT = 3
    HELO = 4
    QUEUE_ID = 4  # of lines that have one
    SHOWN = 5  # the party's name, as it is shown
    DELAY = 5  # of deliveries
    PARTS = 6

cdef struct Cut:
    Part hour
    Part zone
    Part writer
    Part pid
    Part[PARTS] parts
    const uint8_t *text


cdef inline uint8_t *copied(uint8_t *to, Part part, uint8_t behind) noexcept nogil:
    """Copy a part and one sign behind it; behind that."""
    memcpy(to, part.at, part.size)
    to[part.size] = behind
    return to + part.size + 1


cdef inline bytes some(Part part):
    return PyBytes_FromStringAndSize(<const char *>part.at, part.size)


cdef inline str text(Part part):
    return PyUnicode_DecodeASCII(<const char *>part.at, part.size, NULL)


cdef inline const uint8_t *run(const uint8_t *at, const uint8_t *end, uint8_t kind) noexcept nogil:
    """Behind the bytes of a kind."""
    while at < end and KIND[at[0]] & kind:
        at += 1
    return at


cdef inline bint begins(const uint8_t *at, const uint8_t *end, const char *text, Py_ssize_t size) noexcept nogil:
    return end - at >= size and memcmp(at, text, size) == 0


cdef inline const uint8_t *find(const uint8_t *at, const uint8_t *end, const char *text, Py_ssize_t size) noexcept nogil:
    """Where a text stands first; NULL where it does not."""
    while end - at >= size:
        at = <const uint8_t *>memchr(at, text[0], end - at - size + 1)
        if at is NULL:
            return NULL
        if memcmp(at, text, size) == 0:
            return at
        at += 1
    return NULL


cdef inline bint digit(uint8_t byte) noexcept nogil:
    return 48 <= byte <= 57


cdef inline const uint8_t *number(const uint8_t *at, const uint8_t *end, int most) noexcept nogil:
    """Behind one to ``most`` digits, or NULL."""
    cdef const uint8_t *start = at
    if at is NULL:
        return NULL
    while at < end and digit(at[0]):
        at += 1
    return at if 1 <= at - start <= most else NULL


cdef inline bint clock(const uint8_t *at, uint8_t most) noexcept nogil:
    """``:mm:ss``, the seconds up to so many tens (a digit)."""
    return (
        at[0] == 58 and 48 <= at[1] <= 53 and digit(at[2]) and at[3] == 58 and 48 <= at[4] <= most and digit(at[5])
    )


cdef const uint8_t *stamp(const uint8_t *at, const uint8_t *end, uint8_t most, Part *hour, Part *zone) noexcept nogil:
    """A time of one of the two usual forms and the blank behind it; behind that, or NULL."""
    cdef int i
    if end - at < 20:
        return NULL
    hour.at = at
    if at[10] != 84:  # T
        hour.size, zone.at, zone.size = 9, at + 15, 0
        return at + 16 if (
            65 <= at[0] <= 90 and 97 <= at[1] <= 122 and 97 <= at[2] <= 122 and at[3] == 32
            and (at[4] == 32 or digit(at[4])) and digit(at[5]) and at[6] == 32 and digit(at[7]) and digit(at[8])
            and clock(at + 9, most) and at[15] == 32
        ) else NULL
    for i in range(13):
        if i == 4 or i == 7:
            if at[i] != 45:
                return NULL
        elif i != 10 and not digit(at[i]):
            return NULL
    if not clock(at + 13, most):
        return NULL
    hour.size = 13
    at += 19
    if at[0] == 46:
        at = number(at + 1, end, 9)
        if at is NULL:
            return NULL
    zone.at = at
    if at < end and at[0] == 90:  # Z
        at += 1
    elif end - at > 6 and (at[0] == 43 or at[0] == 45) and digit(at[1]) and digit(at[2]):
        at += 3
        if at[0] == 58:
            at += 1
        if not (digit(at[0]) and digit(at[1])):
            return NULL
        at += 2
    zone.size = at - zone.at
    return at + 1 if at < end and at[0] == 32 else NULL


cdef bint head(const uint8_t *at, const uint8_t *end, Cut *cut) noexcept nogil:
    """Time, host, tag and process ID of a line of the usual form (``usual.matcher``)."""
    cdef const uint8_t *start
    at = stamp(at, end, 53, &cut.hour, &cut.zone)
    if at is NULL:
        return False
    cut.writer.at = at
    start = at
    at = run(at, end, PLAIN)
    if at == start or at >= end or at[0] != 32:
        return False
    at += 1
    start = at
    at = run(at, end, TAG)
    if at == start or at >= end or at[0] != 91:
        return False
    cut.writer.size = at - cut.writer.at
    at += 1
    cut.pid.at = at
    while at < end and digit(at[0]):
        at += 1
    cut.pid.size = at - cut.pid.at
    if not 1 <= cut.pid.size <= 10 or not begins(at, end, b"]: ", 3):
        return False
    cut.text = at + 3
    return True


cdef inline const uint8_t *field(
    const uint8_t *at, const uint8_t *end, Part *part, uint8_t kind, const char *close, Py_ssize_t size, bint empty
) noexcept nogil:
    """Take bytes of a kind up to what closes them; behind that, or NULL where it does not stand there."""
    if at is NULL:
        return NULL
    part.at = at
    at = run(at, end, kind)
    part.size = at - part.at
    if (part.size == 0 and not empty) or not begins(at, end, close, size):
        return NULL
    return at + size


cdef bint cut_refusal(Cut *cut, const uint8_t *end, Part *said, Part *proto) noexcept nogil:
    """``shortway._refused``; the text stands behind ``NOQUEUE: reject: RCPT from ``."""
    cdef const uint8_t *at = cut.text + 27
    cdef const uint8_t *behind
    if end > at and (end - 1)[0] == 13:
        end -= 1
    at = field(at, end, &cut.parts[CLIENT], NAME, b"[", 1, False)
    at = field(at, end, &cut.parts[ADDR], HEX, b"]: ", 3, False)
    if at is NULL:
        return False
    behind = find(at, end, b"; from=<", 8)
    if behind is NULL or run(at, behind, PRINTED) != behind:
        return False
    said.at, said.size = at, behind - at
    at = field(behind + 8, end, &cut.parts[SENDER], WORD, b"> to=<", 6, True)
    at = field(at, end, &cut.parts[RECIPIENT], WORD, b"> proto=", 8, False)
    if at is NULL:
        return False
    proto.at = at
    if at < end and at[0] == 69:  # E
        at += 1
    if not begins(at, end, b"SMTP helo=<", 11):
        return False
    proto.size = at + 4 - proto.at
    at = field(at + 11, end, &cut.parts[HELO], WORD, b">", 1, False)
    return at is not NULL and at == end


cdef bint cut_login(Cut *cut, const uint8_t *end, Part *said) noexcept nogil:
    """``shortway._login``; the text stands behind ``warning: ``."""
    cdef const uint8_t *at = cut.text + 9
    cdef Part *user = &cut.parts[SENDER]
    if end > at and (end - 1)[0] == 13:
        end -= 1
    at = field(at, end, &cut.parts[CLIENT], NAME, b"[", 1, False)
    at = field(at, end, &cut.parts[ADDR], HEX, b"]: SASL ", 8, False)
    if at is NULL:
        return False
    said.at = at
    while at < end and KIND[at[0]] & PRINTED and at[0] != 60 and at[0] != 62 and at[0] != 34 and at[0] != 44:
        at += 1
    said.size = at - said.at
    user.at, user.size = at, 0
    if begins(at, end, b", sasl_username=", 16):
        at += 16
        user.at = at
        at = run(at, end, WORD)
        user.size = at - user.at
        if user.size == 0:
            return False
    return at == end


cdef bint cut_mismatch(Cut *cut, const uint8_t *end, Part *reason) noexcept nogil:
    """``shortway._mismatch``; the text stands behind ``warning: hostname ``."""
    cdef const uint8_t *at = cut.text + 18
    cdef Part *addr = &cut.parts[ADDR]
    if end > at and (end - 1)[0] == 13:
        end -= 1
    at = field(at, end, &cut.parts[CLIENT], WORD, b" does not resolve to address ", 29, False)
    if at is NULL or cut.parts[CLIENT].size > 255:
        return False
    addr.at = at
    at = run(at, end, HEX)
    while at > addr.at and ((at - 1)[0] == 46 or (at - 1)[0] == 58):
        at -= 1
    addr.size = at - addr.at
    if addr.size == 0:
        return False
    reason.at, reason.size = at, 0
    if at == end:
        return True
    if not begins(at, end, b": ", 2):
        return False
    reason.at = at + 2
    reason.size = end - reason.at
    return 1 <= reason.size <= 200 and run(reason.at, end, PRINTED) == end


cdef struct Delivery:
    Part mailbox
    Part domain
    Part host
    Part addr
    Part delay
    Part delays
    Part dsn
    Part status
    Part said
    bint none


cdef const uint8_t *cut_times(const uint8_t *at, const uint8_t *end, Part *delay, Part *delays) noexcept nogil:
    """``, delay=…, delays=…, dsn=``; behind that, or NULL."""
    if at is NULL or not begins(at, end, b", ", 2):
        return NULL
    at += 2
    if begins(at, end, b"conn_use=", 9):
        at = number(at + 9, end, LONGEST)
        if at is NULL or not begins(at, end, b", ", 2):
            return NULL
        at += 2
    if not begins(at, end, b"delay=", 6):
        return NULL
    delay.at = at + 6
    at = number(at + 6, end, LONGEST)
    if at is not NULL and at < end and at[0] == 46:
        at = number(at + 1, end, LONGEST)
    if at is NULL or not begins(at, end, b", delays=", 9):
        return NULL
    delay.size = at - delay.at
    at += 9
    delays.at = at
    while at < end and (digit(at[0]) or at[0] == 46 or at[0] == 47):
        at += 1
    delays.size = at - delays.at
    return at + 6 if delays.size and begins(at, end, b", dsn=", 6) else NULL


cdef bint cut_delivery(Cut *cut, const uint8_t *end, Delivery *to) noexcept nogil:
    """``shortdelivery._match``."""
    cdef const uint8_t *at
    cdef Part *queue_id = &cut.parts[QUEUE_ID]
    at = field(cut.text, end, queue_id, ALNUM, b": to=<", 6, False)
    if at is NULL or not 6 <= queue_id.size <= 20:
        return False
    at = field(at, end, &to.mailbox, BOX, b"@", 1, False)
    at = field(at, end, &to.domain, BOX, b">, relay=", 9, False)
    if at is NULL or not (3 <= to.mailbox.size <= 200 and 3 <= to.domain.size <= 250):
        return False
    to.none = begins(at, end, b"none, ", 6)
    to.host.at, to.host.size = at, 0
    to.addr.at, to.addr.size = at, 0
    if to.none:
        at += 4
    else:
        at = field(at, end, &to.host, BOX, b"[", 1, False)
        at = field(at, end, &to.addr, HEX, b"]:", 2, False)
        at = number(at, end, 5)
    at = cut_times(at, end, &to.delay, &to.delays)
    if at is NULL:
        return False
    to.dsn.at = at
    if at >= end or not digit(at[0]) or end - at < 3 or at[1] != 46:
        return False
    at = number(at + 2, end, 3)
    if at is NULL or at >= end or at[0] != 46:
        return False
    at = number(at + 1, end, 3)
    if at is NULL:
        return False
    to.dsn.size = at - to.dsn.at
    if not begins(at, end, b", status=", 9):
        return False
    at += 9
    to.status.at = at
    if begins(at, end, b"bounced (", 9):
        to.status.size = 7
    elif begins(at, end, b"deferred (", 10):
        to.status.size = 8
    else:
        return False
    at += to.status.size + 2
    to.said.at, to.said.size = at, end - at
    return run(at, end, PRINTED) == end and end > at and (end - 1)[0] == 41


# Kinds of success (success.Cut.kind).
cdef enum:
    OTHER = -1
    TAKEN = 0  # client=
    QUEUED = 1  # from=
    SENT = 2
    KINDS = 3


cdef int cut_success(Cut *cut, const uint8_t *end, Part *login, Part *delays) noexcept nogil:
    """``success.cut``: what kind of line it is; ``login`` has no place where nobody logged in."""
    cdef const uint8_t *at
    cdef int i
    for i in range(PARTS):
        cut.parts[i].at, cut.parts[i].size = NULL, 0
    login.at, login.size = NULL, 0
    at = field(cut.text, end, &cut.parts[QUEUE_ID], ALNUM, b": ", 2, False)
    if at is NULL or not 6 <= cut.parts[QUEUE_ID].size <= 20:
        return OTHER
    if begins(at, end, b"client=", 7):
        return TAKEN if cut_taken(at + 7, end, cut, login) else OTHER
    if begins(at, end, b"from=<", 6):
        if (end - 1)[0] == 13:
            end -= 1
        at = field(at + 6, end, &cut.parts[SENDER], WORD, b">, size=", 8, True)
        at = number(at, end, LONGEST)
        if at is NULL or not begins(at, end, b", nrcpt=", 8):
            return OTHER
        at = number(at + 8, end, LONGEST)
        return QUEUED if at is not NULL and end - at == 15 and begins(at, end, b" (queue active)", 15) else OTHER
    if not begins(at, end, b"to=<", 4):
        return OTHER
    at = field(at + 4, end, &cut.parts[RECIPIENT], WORD, b">, relay=", 9, False)
    at = field(at, end, &cut.parts[CLIENT], NAME, b"[", 1, False)
    at = field(at, end, &cut.parts[ADDR], HEX, b"]:", 2, False)
    at = number(at, end, 5)
    at = cut_times(at, end, &cut.parts[DELAY], delays)
    if at is NULL or not begins(at, end, b"2.", 2):
        return OTHER
    at = number(at + 2, end, 3)
    if at is NULL or at >= end or at[0] != 46:
        return OTHER
    at = number(at + 1, end, 3)
    if at is NULL or not begins(at, end, b", status=sent (", 15):
        return OTHER
    return SENT if run(at + 15, end, PRINTED) == end and end > at + 15 and (end - 1)[0] == 41 else OTHER


cdef bint cut_taken(const uint8_t *at, const uint8_t *end, Cut *cut, Part *login) noexcept nogil:
    """Of a client that brings a mail."""
    cdef const uint8_t *start
    if (end - 1)[0] == 13:
        end -= 1
    at = field(at, end, &cut.parts[CLIENT], NAME, b"[", 1, False)
    at = field(at, end, &cut.parts[ADDR], HEX, b"]", 1, False)
    if at is NULL:
        return False
    if at < end and at[0] == 58:
        at = number(at + 1, end, 5)
        if at is NULL:
            return False
    if at == end:
        return True
    if not begins(at, end, b", sasl_method=", 14):
        return False
    at += 14
    start = at
    while at < end and (KIND[at[0]] & ALNUM or at[0] == 45):
        at += 1
    if not 1 <= at - start <= 40 or not begins(at, end, b", sasl_username=", 16):
        return False
    at += 16
    login.at = at
    at = run(at, end, WORD)
    login.size = at - login.at
    return login.size > 0 and at == end
