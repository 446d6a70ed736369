"""Answers: ``ask`` over the bytes. Deliveries, accepted clients and mails that the queue manager takes up."""


cdef enum:
    IS, ISNT, ENDS, HAS
    WIDE = PARTS  # the client's wide network
    LOGIN = PARTS + 1
    ABSENT = PARTS + 2

cdef dict HOW = {"is": IS, "isnt": ISNT, "ends": ENDS, "has": HAS}
cdef tuple NAMES = ("client", "qmgr", "sent")  # of kinds
# Where a field of an event stands in a line of a kind.
cdef tuple FIELDS = (
    {"queue_id": QUEUE_ID, "client_name": CLIENT, "client_addr": ADDR, "sasl_username": LOGIN, "client_wide": WIDE},
    {"queue_id": QUEUE_ID, "sender": SENDER},
    {"queue_id": QUEUE_ID, "recipient": RECIPIENT, "relay_name": CLIENT, "relay_addr": ADDR, "delay": DELAY},
)


cdef class Wish:
    """A question (``ask.Question``), made ready."""

    cdef object question
    cdef bint sender, plain, alike, later
    cdef bint[KINDS] kinds
    cdef list where  # by kind: (part, how, value)
    cdef list by  # by kind: parts
    cdef dict buckets

    def __init__(self, question, bint bounded):
        self.question = question
        self.sender, self.plain, self.later = question.sender, question.plain, bounded and not question.earlier
        self.alike = {name for name, _, _ in question.where} <= set(question.by)
        self.where, self.by, self.buckets = [], [], {}
        for kind in range(KINDS):
            fields = FIELDS[kind]
            self.kinds[kind] = NAMES[kind] in question.events
            self.where.append([(fields.get(one, ABSENT), HOW[how], value.encode()) for one, how, value in question.where])
            self.by.append([fields.get(one, ABSENT) for one in question.by])


cdef bint holds(Part part, bint present, int how, bytes wanted) noexcept:
    """``ask._holds``"""
    cdef const uint8_t *value = wanted
    cdef Py_ssize_t size = len(wanted), at
    if not present:
        return how == ISNT
    if how == IS or how == ISNT:
        return (part.size == size and alike(part.at, value, size)) == (how == IS)
    if how == ENDS:
        at = part.size - size
        if at < 0 or not alike(part.at + at, value, size):
            return False
        return at == 0 or part.at[at - 1] == 46 or part.at[at - 1] == 64
    for at in range(part.size - size + 1):
        if alike(part.at + at, value, size):
            return True
    return False


cdef inline bint alike(const uint8_t *one, const uint8_t *lowered, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        if lower(one[i]) != lowered[i]:
            return False
    return True


cdef class Successes(Rows):
    """Answers questions from the lines of one chunk.

    ``asker``: the questions, made ready. ``writers``: by writer and kind, whether both ways read alike what
    it writes. ``slow`` takes a line that is not known, with the numbers of its literals.
    """

    cdef object answers, asker, span, slow
    cdef dict writers, wishes, several
    cdef list single, leads
    cdef tuple literals
    cdef bytes writer  # that was last looked up, for this kind
    cdef int kind
    cdef bint trusted

    def __init__(self, answers, int source, asker, dict writers, span, slow):
        self.answers, self.source, self.writers, self.span, self.slow = answers, source, writers, span, slow
        self.asker, self.literals = asker, asker.pointer.literals
        self.leads = [asker.pointer.leads.get(number) for number in range(len(self.literals))]
        self.wishes = {}
        for questions in asker.questions:
            for question in questions:
                if question.id not in self.wishes:
                    self.wishes[question.id] = Wish(question, span.bounded)
        self.single = [[self.wishes[question.id] for question in questions] for questions in asker.questions]
        self.several = {}
        self.kind = OTHER

    def lines(self, bytes data, Py_ssize_t low, Py_ssize_t begin, Py_ssize_t end, int64_t shift, list hits):
        """Answer from the lines of data[begin:end] that hold a literal. ``hits``: where it ends, its number."""
        cdef const uint8_t *base = data
        cdef const uint8_t *found
        cdef Py_ssize_t start = begin - 1, stop = begin - 1, last, to
        cdef Py_ssize_t number, only = -1
        cdef set many = None
        for to, number in hits:
            last = begin + to - 1
            if not self._led(number, base + begin, base + begin + to):
                continue
            if last >= stop or start < begin:
                if only >= 0:
                    self._line(data, low, start, stop, start + shift, only, many)
                found = mt_last_newline(base + max(stop, begin), base + last)
                start = begin if found is NULL else found - base + 1
                found = <const uint8_t *>memchr(base + last, 10, end - last)
                stop = end if found is NULL else found - base
                only, many = number, None
            elif number != only:
                if many is None:
                    many = {only}
                many.add(number)
        if only >= 0:
            self._line(data, low, start, stop, start + shift, only, many)

    cdef bint _led(self, Py_ssize_t number, const uint8_t *low, const uint8_t *to):
        """``Literals._led``: whether the lead of a literal that ends at ``to`` stands before it, or it has none."""
        cdef object lead = self.leads[number]
        cdef const uint8_t *at
        cdef const uint8_t *first
        cdef Py_ssize_t size
        if lead is None:
            return True
        size = len(<bytes>lead)
        at = to - len(<bytes>self.literals[number])
        first = max(low, at - NAME_LENGTH)
        while at > first and (KIND[(at - 1)[0]] & ALNUM or (at - 1)[0] in b"._-"):
            at -= 1
        return at - first >= size and memcmp(at - size, <char *>(<bytes>lead), size) == 0

    cdef int _line(
        self, bytes data, Py_ssize_t low, Py_ssize_t start, Py_ssize_t stop, int64_t offset, Py_ssize_t only, set many
    ) except -1:
        cdef list wishes
        if many is None:
            wishes = self.single[only]
        else:
            numbers = frozenset(many)
            wishes = self.several.get(numbers)
            if wishes is None:
                if len(self.several) >= SEVERAL:
                    self.several.clear()
                asked = self.asker.asked_of(numbers)
                wishes = self.several[numbers] = [self.wishes[question.id] for question in asked]
        if not self._take(wishes, data, start, stop, offset):
            self.slow([(<Wish>wish).question for wish in wishes], data, low, start, stop, offset)
            self.kind = OTHER  # what is known of the writer may be new
        if self.full():
            self.count()
        return 0

    cdef bint _take(self, list wishes, bytes data, Py_ssize_t start, Py_ssize_t stop, int64_t offset) except -1:
        """Answer from a line of the usual form; False where it is none, or of a writer not known yet."""
        cdef const uint8_t *line = <const uint8_t *>data + start
        cdef const uint8_t *end = <const uint8_t *>data + stop
        cdef Py_ssize_t size = stop - start, kept = -1
        cdef Cut cut
        cdef Part login, delays
        cdef int kind
        cdef Wish wish
        cdef Bucket bucket
        if size > LONGEST or not head(line, end, &cut) or cut.text - line > 200:
            return False
        kind = cut_success(&cut, end, &login, &delays)
        if kind == OTHER or not self._trusted(&cut, kind):
            return False
        for wish in wishes:
            if not wish.kinds[kind]:
                continue
            if not wish.plain or (wish.sender and kind != QUEUED):
                return False
        for wish in wishes:
            if not wish.kinds[kind] or (wish.later and not self.span.holds(stamp_of(data[start : start + 48]))):
                continue
            bucket = self._bucket(wish, kind, &cut, login)
            if bucket is None:
                continue
            if kept < 0:
                kept = self.keep(line, size)
            self.put(bucket, line, size, kept, offset, 0, &cut)
            if self.waiting >= SEVERAL:
                self.count()
                kept = -1
        return True

    cdef bint _trusted(self, Cut *cut, int kind) except -1:
        cdef Py_ssize_t size = cut.writer.size
        if kind == self.kind and len(self.writer) == size and memcmp(cut.writer.at, <char *>self.writer, size) == 0:
            return self.trusted
        self.writer, self.kind = some(cut.writer), kind
        self.trusted = bool(self.writers.get((self.writer, NAMES[kind])))
        return self.trusted

    cdef Bucket _bucket(self, Wish wish, int kind, Cut *cut, Part login):
        """Where a line that answers is counted; None where it does not answer."""
        cdef uint8_t *to = self.scratch
        cdef int part
        cdef Part value
        cdef list by = wish.by[kind]
        cdef Bucket bucket
        for part in by:
            value = chosen(part, cut, login)
            if part == WIDE:
                value.size = wide(value)
            to[0] = value.at is not NULL
            to = copied(to + 1, value, 0)
        key = PyBytes_FromStringAndSize(<const char *>self.scratch, to - self.scratch)
        bucket = wish.buckets.get(key)
        if bucket is not None and wish.alike:
            return bucket
        for number, how, wanted in wish.where[kind]:
            value = chosen(number, cut, login)
            if not holds(value, value.at is not NULL, how, wanted):
                return None
        if bucket is None:
            values = []
            for part in by:
                value = chosen(part, cut, login)
                said = text(value).lower() if value.at is not NULL else ""
                values.append(parties.wide(said) if part == WIDE else said)
            bucket = Bucket()
            bucket.known = self.answers.fact(wish.question.id, tuple(values))
            bucket.flag = wish.question.tens
            wish.buckets[key] = bucket
        return bucket

    def count(self):
        """Count all lines that wait in their facts."""
        cdef Wish wish
        cdef Bucket bucket
        for wish in self.wishes.values():
            for bucket in wish.buckets.values():
                self._count(bucket, bucket.known)
            wish.buckets.clear()
        self.filled = 0
        self.waiting = 0

    cdef int _count(self, Bucket bucket, fact) except -1:
        """``Fact.count_rows``"""
        cdef int i = bucket.first
        cdef uint64_t key, ceiling = _ceiling(fact.mails)
        cdef bint some_out = False
        cdef Row *row
        self.touch(bucket, fact)
        if bucket.flag:
            self._tens(bucket, fact.tens)
        while i >= 0:
            row = &self.rows[i]
            i = row.next
            key = self.hash_of_place(row)
            if key > ceiling:
                some_out = True
                continue
            sender = self.text(row, SENDER) if row.named else None
            delay = self.text(row, DELAY)
            client = self.text(row, ADDR) or None
            mail = Mail(
                self.place(row), sender, self.text(row, RECIPIENT) or None, self.text(row, QUEUE_ID), None if delay else client,
                float(delay) if delay else None,
            )
            fact.mails.put(key, f"{self.source}:{row.offset}", mail)
            ceiling = _ceiling(fact.mails)
        if some_out:
            fact.mails.thin()
        self.add(bucket, fact.names, CLIENT, False)
        self.add(bucket, fact.clients, ADDR, False)
        self.add(bucket, fact.senders, SENDER, False)
        self.add(bucket, fact.recipients, RECIPIENT, False)
        return 0

    cdef int _tens(self, Bucket bucket, tens) except -1:
        """Count by ten minutes. Only of a zone that is not of whole ten minutes do the single minutes tell."""
        cdef int i = bucket.first
        cdef int64_t ten, before = -1, count = 0, since
        cdef Row *row
        cdef const uint8_t *zone
        while i >= 0:
            row = &self.rows[i]
            i = row.next
            if self.read_hour(row) is None:
                continue
            since = minutes(self.arena + row.at + row.hour)
            zone = self.arena + row.at + row.zone + row.zone_size
            if row.zone_size < 2 or (zone - 1)[0] != 53:
                since = since // 10 * 10
            ten = (self.hour_micros + since * 60000000LL) // <int64_t>TEN
            if ten != before and count:
                tens[self.source, before] += count
                count = 0
            before = ten
            count += 1
        if count:
            tens[self.source, before] += count
        return 0


cdef inline Part chosen(int part, Cut *cut, Part login) noexcept nogil:
    """A field of a line; without a place where the line has none."""
    cdef Part none
    if part == LOGIN:
        return login
    if part == WIDE:
        return cut.parts[ADDR]
    if part == ABSENT:
        none.at, none.size = NULL, 0
        return none
    return cut.parts[part]
