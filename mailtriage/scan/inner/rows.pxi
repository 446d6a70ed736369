"""Lines that wait: their bytes in an arena, their parts as numbers, those of one trouble in one bucket."""


cdef enum:
    WHOLE, LOCAL, DOMAIN

cdef struct Stand:
    uint32_t at  # in the arena
    uint16_t size

cdef struct Row:
    int64_t offset
    int64_t row
    uint32_t at
    int next  # of its bucket; -1: the last
    uint16_t size
    uint16_t hour  # size of the stamp up to the hour
    uint16_t zone  # where its zone begins
    uint16_t zone_size
    bint named  # whether the line names a sender, be it the empty one
    Stand[PARTS] parts


cdef struct Ranked:
    uint64_t key
    int row


cdef class Bucket:
    """Rows of one group, or of one fact, that wait to be counted together."""

    cdef object known  # what counts them
    cdef object key, detail
    cdef int first, last
    cdef Py_ssize_t count
    cdef bint flag  # of refusals: failed logins; of facts: counted by ten minutes
    cdef dict mails  # of deliveries: hash of queue ID and recipient → row, sender
    cdef uint64_t ceiling  # hashes from here on are not among them

    def __cinit__(self):
        self.first = self.last = -1


cdef inline uint64_t _ceiling(kept):
    """The largest hash that a set still takes."""
    cdef object ceiling = kept.ceiling
    return <uint64_t>(ceiling - 1)


cdef class Rows:
    """The arena, and what is counted alike of all rows."""

    cdef int source
    cdef uint8_t *arena
    cdef Py_ssize_t filled
    cdef Row *rows
    cdef int waiting
    cdef Ranked *ranked  # rows by a hash of theirs, for choosing among them
    cdef uint8_t[3 * LONGEST + 16] scratch  # two rooms for making texts
    cdef uint8_t[3 * LONGEST + 16] other
    cdef uint8_t[64] hour_text  # the hour that was last asked for, with its zone
    cdef int hour_size
    cdef int64_t hour_micros
    cdef object hour

    def __cinit__(self):
        self.arena = <uint8_t *>realloc(NULL, ARENA + 2 * LONGEST)
        self.rows = <Row *>realloc(NULL, (SEVERAL + 1) * sizeof(Row))
        self.ranked = <Ranked *>realloc(NULL, (SEVERAL + 1) * sizeof(Ranked))
        if self.arena is NULL or self.rows is NULL or self.ranked is NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.arena)
        free(self.rows)
        free(self.ranked)

    cdef bint full(self) noexcept nogil:
        return self.waiting >= SEVERAL or self.filled >= ARENA

    cdef Py_ssize_t keep(self, const uint8_t *line, Py_ssize_t size) noexcept nogil:
        """Copy a line into the arena; where it stands there."""
        cdef Py_ssize_t at = self.filled
        memcpy(self.arena + at, line, size)
        self.filled += size
        return at

    cdef void put(
        self, Bucket bucket, const uint8_t *line, Py_ssize_t size, Py_ssize_t at, int64_t offset, int64_t row, Cut *cut
    ) noexcept nogil:
        """Add a row to a bucket: a line of this size that stands at ``at`` in the arena."""
        cdef Row *this = &self.rows[self.waiting]
        cdef Part *part
        cdef int i
        this.offset, this.row, this.at, this.size, this.next = offset, row, <uint32_t>at, <uint16_t>size, -1
        this.hour, this.zone_size = <uint16_t>cut.hour.size, <uint16_t>cut.zone.size
        this.zone = <uint16_t>(cut.zone.at - line)
        this.named = cut.parts[SENDER].at is not NULL
        for i in range(PARTS):
            part = &cut.parts[i]
            this.parts[i].size = <uint16_t>part.size
            if part.size == 0:
                this.parts[i].at = 0
            elif line <= part.at < line + size:
                this.parts[i].at = <uint32_t>(at + (part.at - line))
            else:  # a name that does not stand in the line
                this.parts[i].size = <uint16_t>min(part.size, LONGEST)
                this.parts[i].at = <uint32_t>self.keep(part.at, this.parts[i].size)
        if bucket.last < 0:
            bucket.first = self.waiting
        else:
            self.rows[bucket.last].next = self.waiting
        bucket.last = self.waiting
        bucket.count += 1
        self.waiting += 1

    cdef inline uint8_t *spare(self, const uint8_t *at) noexcept nogil:
        """The one of two rooms for making a text that the text at hand does not stand in."""
        return &self.other[0] if at == &self.scratch[0] else &self.scratch[0]

    cdef inline Part part(self, Row *row, int number) noexcept nogil:
        cdef Part part
        part.at, part.size = self.arena + row.parts[number].at, row.parts[number].size
        return part

    cdef str text(self, Row *row, int part):
        return PyUnicode_DecodeASCII(<const char *>self.arena + row.parts[part].at, row.parts[part].size, NULL)

    cdef set values(self, Bucket bucket, int part):
        """The different values of a part."""
        cdef set values = set()
        cdef int i = bucket.first
        cdef Row *row
        while i >= 0:
            row = &self.rows[i]
            values.add(PyBytes_FromStringAndSize(<const char *>self.arena + row.parts[part].at, row.parts[part].size))
            i = row.next
        return values

    cdef object read_hour(self, Row *row):
        """The stamp of a row's hour, as it began; None where that is no time. ``hour_micros`` are its microseconds."""
        cdef const uint8_t *line = self.arena + row.at
        cdef const uint8_t *zone = line + row.zone
        if (
            self.hour_size != row.hour + row.zone_size or memcmp(self.hour_text, line, row.hour) != 0
            or memcmp(self.hour_text + row.hour, zone, row.zone_size) != 0
        ):
            hour = PyBytes_FromStringAndSize(<const char *>line, row.hour)
            self.hour = stamp_of(hour + b":00:00" + PyBytes_FromStringAndSize(<const char *>zone, row.zone_size) + b" ")
            memcpy(self.hour_text, line, row.hour)
            memcpy(self.hour_text + row.hour, zone, row.zone_size)
            self.hour_size = row.hour + row.zone_size
            self.hour_micros = self.hour.micros if self.hour is not None else 0
        return self.hour

    cdef object stamp(self, Row *row):
        """``usual.stamp_of``: that of its hour, and what stands behind."""
        cdef const uint8_t *at = self.arena + row.at + row.hour
        cdef const uint8_t *zone = self.arena + row.at + row.zone
        cdef int64_t micros
        cdef int digits = 0, seconds = (at[4] - 48) * 10 + at[5] - 48, fraction = 0, i
        hour = self.read_hour(row)
        if hour is None:
            return None
        micros = self.hour_micros + minutes(at) * 60000000LL + seconds * 1000000LL
        at += 6
        if at[0] == 46:
            at += 1
            while at + digits < zone:
                digits += 1
            for i in range(6):
                fraction = fraction * 10 + (at[i] - 48 if i < digits else 0)
        return tuple_new(Stamp, (micros + fraction, hour.dated, hour.offset, digits))

    cdef object place(self, Row *row):
        return tuple_new(Place, (self.source, row.offset, row.row, self.stamp(row)))

    cdef object line(self, Row *row):
        raw = PyBytes_FromStringAndSize(<const char *>self.arena + row.at, row.size)
        return Line(self.place(row), raw.decode("utf-8", "replace").rstrip("\r"))

    cdef uint64_t hash_of_place(self, Row *row) noexcept nogil:
        """``tally.place_hash``"""
        return ((<uint64_t>self.source << 48) + <uint64_t>row.offset) * 0x9E3779B97F4A7C15ULL

    cdef bint one_hour(self, Row *one, Row *other) noexcept nogil:
        return (
            one.hour == other.hour and one.zone_size == other.zone_size
            and memcmp(self.arena + one.at, self.arena + other.at, one.hour) == 0
            and memcmp(self.arena + one.at + one.zone, self.arena + other.at + other.zone, one.zone_size) == 0
        )

    cdef int touch(self, Bucket bucket, counted) except -1:
        """``shortway.touch``: count the rows into the hours of a group or fact."""
        cdef int first = bucket.first, last, following
        cdef Py_ssize_t count
        while first >= 0:
            last, count = first, 1
            following = self.rows[first].next
            while following >= 0 and self.one_hour(&self.rows[first], &self.rows[following]):
                last = following
                count += 1
                following = self.rows[following].next
            start = self.place(&self.rows[first])
            if count == 1:
                counted.touch(start, 1)
                first = following
                continue
            stop = self.place(&self.rows[last])
            if start.stamp is None or stop.stamp is None or start.stamp.micros // HOUR != stop.stamp.micros // HOUR:
                while first != following:
                    counted.touch(self.place(&self.rows[first]), 1)
                    first = self.rows[first].next
            else:
                counted.touch(start, count - 1)
                counted.touch(stop, 1)
            first = following
        return 0

    cdef int add(self, Bucket bucket, kept, int part, bint empty) except -1:
        """``Sample.add_all`` with a part of every row, the empty ones or not."""
        return self._add(bucket, kept, part, empty, WHOLE)

    cdef int add_side(self, Bucket bucket, kept, int part, str which) except -1:
        """The same with what stands before the last ``@`` of a part, or behind it, or all ("local", "domain", "")."""
        return self._add(bucket, kept, part, True, LOCAL if which == "local" else DOMAIN if which == "domain" else WHOLE)

    cdef int _add(self, Bucket bucket, kept, int part, bint empty, int which) except -1:
        cdef int i = bucket.first, number, many = 0
        cdef uint64_t key, before = 0, ceiling = _ceiling(kept)
        cdef bint some_out = False, any_before = False, new = False
        cdef Part value
        while i >= 0:
            number = i
            value = self.part(&self.rows[i], part)
            i = self.rows[i].next
            if value.size == 0 and not empty:
                continue
            if which != WHOLE:
                value = side(value, which)
            key = digest(value.at, value.size)
            if any_before and key == before:
                continue
            any_before, before = True, key
            if key > ceiling:
                some_out = True
            else:
                self.ranked[many].key, self.ranked[many].row = key, number
                many += 1
        many = self.smallest(many, kept.limit + 1, &some_out)
        members = <dict>kept.members_by_hash()
        for number in range(many):
            hashed = self.ranked[number].key
            if hashed not in members:
                value = self.part(&self.rows[self.ranked[number].row], part)
                members[hashed] = text(side(value, which) if which != WHOLE else value)
                new = True
        if new:
            kept.changed()
        if some_out:
            kept.thin()
        return 0

    cdef int smallest(self, int many, int limit, bint *some_out) noexcept nogil:
        """Bring those of ``ranked`` with the smallest keys to its begin, each key once, with its first row; how many.

        One more than a set keeps is enough, and needed: by it the set knows that it is not whole.
        """
        cdef int at, kept = 0
        if many > 1:
            qsort(self.ranked, many, sizeof(Ranked), by_key)
        for at in range(many):
            if kept and self.ranked[at].key == self.ranked[kept - 1].key:
                continue
            if kept == limit:
                some_out[0] = True
                break
            self.ranked[kept] = self.ranked[at]
            kept += 1
        return kept


cdef int by_key(const void *one, const void *other) noexcept nogil:
    cdef const Ranked *a = <const Ranked *>one
    cdef const Ranked *b = <const Ranked *>other
    if a.key != b.key:
        return -1 if a.key < b.key else 1
    return a.row - b.row


cdef inline Part side(Part value, int which) noexcept nogil:
    """``shortway._part``"""
    cdef Py_ssize_t at = value.size - 1
    while at >= 0 and value.at[at] != 64:
        at -= 1
    if at < 0:
        value.size = 0
    elif which == LOCAL:
        value.size = at
    else:
        value.at += at + 1
        value.size -= at + 1
    return value


cdef inline int minutes(const uint8_t *at) noexcept nogil:
    """Of a clock ``:mm:ss``."""
    return (at[1] - 48) * 10 + at[2] - 48
