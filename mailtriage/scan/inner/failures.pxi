"""Failures: ``gather`` over the bytes. Refusals, failed logins, host name warnings and deliveries of a known shape."""


cdef dict DETAILS = {}  # of reasons of host name warnings: what they say


cdef class Shape:
    """What a shape of refusals or failed logins means (``shortway.Known``)."""

    cdef object known
    cdef object host
    cdef object detail
    cdef tuple begin  # of a group's key
    cdef object outcome
    cdef bint login, unresolvable

    def __init__(self, known):
        self.known = known
        self.host = known.host
        self.login = known.direction == "server"
        self.unresolvable = known.found.cause == "unresolvable_client_hostname"
        self.detail = known.found.detail or ""
        key = shortway.Waiting(known, "", "", "").key
        self.begin, self.outcome = key[:6], key.outcome


cdef class Failures(Rows):
    """Takes the lines of one chunk, and counts what it knows in the tally."""

    cdef object tally, sessions, slow, span
    cdef dict warners, shapes, deliveries, buckets, senders
    cdef bint bounded

    def __init__(self, tally, int source, sessions, dict warners, span, slow):
        self.tally, self.source, self.sessions, self.warners = tally, source, sessions, warners
        self.slow, self.span, self.bounded = slow, span, span.bounded
        self.shapes, self.deliveries, self.buckets, self.senders = {}, {}, {}, {}

    def learn(self, cut, known):
        """A shape of refusals or failed logins, and what it means."""
        if len(self.shapes) >= shortway.LIMIT:
            self.shapes.clear()
        self.shapes[cut.writer + b"\0" + cut.shape] = Shape(known)

    def learn_delivery(self, cut, known):
        """A shape of failed deliveries, and what it means."""
        if len(self.deliveries) >= shortdelivery.LIMIT:
            self.deliveries.clear()
        self.deliveries[cut.writer + b"\0" + shortdelivery.outline(cut.shape)] = known

    def learn_sender(self, bytes writer, host):
        """Whose deliveries both ways read alike, and its host."""
        if len(self.senders) < shortway.LIMIT:
            self.senders[writer] = (host, )

    def lines(self, bytes data, Py_ssize_t low, Py_ssize_t begin, Py_ssize_t end, int64_t shift, int64_t row, list ends):
        """Take the lines of data[begin:end] that were pointed at by where matches end; the newlines so far."""
        cdef const uint8_t *base = data
        cdef const uint8_t *found
        cdef Py_ssize_t at = begin, counted = begin, last, start, stop
        cdef int64_t examined = 0
        cdef Py_ssize_t to
        for to in ends:
            last = begin + to - 1
            if last < at:
                continue
            found = mt_last_newline(base + at, base + last)
            start = at if found is NULL else found - base + 1
            found = <const uint8_t *>memchr(base + last, 10, end - last)
            stop = end if found is NULL else found - base
            row += mt_newlines(base + counted, base + start)
            counted = start
            if self._take(data, low, start, stop, start + shift, row):
                examined += 1
            else:
                self.slow(data, low, start, stop, start + shift, row)
            at = stop + 1
        self.tally.counts.examined += examined
        return row + mt_newlines(base + counted, base + end)

    cdef bint _take(
        self, bytes data, Py_ssize_t low, Py_ssize_t start, Py_ssize_t stop, int64_t offset, int64_t row
    ) except -1:
        """Take a line whose like is known; False for any other."""
        cdef const uint8_t *base = data
        cdef const uint8_t *end = base + stop
        cdef Cut cut
        cdef Part said, proto
        cdef Delivery to
        if stop - start > LONGEST or not head(base + start, end, &cut):
            return False
        if begins(cut.text, end, b"NOQUEUE: reject: RCPT from ", 27):
            if not cut_refusal(&cut, end, &said, &proto):
                return False
            return self._refusal(data, low, start, stop, offset, row, &cut, said, proto)
        if begins(cut.text, end, b"warning: ", 9):
            if begins(cut.text + 9, end, b"hostname ", 9):
                return cut_mismatch(&cut, end, &said) and self._mismatch(&cut, said, offset)
            if not cut_login(&cut, end, &said):
                return False
            return self._login(data, low, start, stop, offset, row, &cut, said)
        if cut_delivery(&cut, end, &to):
            return self._delivery(data, low, start, stop, offset, row, &cut, &to)
        if cut_success(&cut, end, &said, &proto) == SENT:
            return self._sent(data, start, offset, row, &cut, proto, end)
        return False

    cdef bint _mismatch(self, Cut *cut, Part reason, int64_t offset) except -1:
        host = self.warners.get(some(cut.writer))
        if host is None:
            return False
        said = some(reason)
        why = DETAILS.get(said)
        if why is None:
            if len(DETAILS) >= 4096:
                DETAILS.clear()
            why = DETAILS[said] = session.detail(said.decode() or None)
        found = tuple_new(session.Mismatch, (offset, text(cut.parts[CLIENT]), text(cut.parts[ADDR]), why))
        self.sessions.note(host, int(text(cut.pid)), found)
        return True

    cdef bint _login(
        self, bytes data, Py_ssize_t low, Py_ssize_t start, Py_ssize_t stop, int64_t offset, int64_t row, Cut *cut,
        Part said,
    ) except -1:
        cdef uint8_t *to = copied(self.scratch, cut.writer, 0)
        if cut.parts[SENDER].size:
            memcpy(to, b", sasl_username=", 16)
            to += 16
        to[0] = 32
        to = copied(to + 1, said, 0) - 1
        cut.parts[RECIPIENT].size = cut.parts[HELO].size = 0
        shape = self.shapes.get(PyBytes_FromStringAndSize(<const char *>self.scratch, to - self.scratch))
        if shape is None:
            return False
        self._wait(<Shape>shape, data, low, start, stop, offset, row, cut)
        return True

    cdef bint _refusal(
        self, bytes data, Py_ssize_t low, Py_ssize_t start, Py_ssize_t stop, int64_t offset, int64_t row, Cut *cut,
        Part said, Part proto,
    ) except -1:
        """``shortway._refusal``: the shape, with stand-ins for what varies."""
        cdef Part shape = said
        cdef Part *sender = &cut.parts[SENDER]
        cdef Part *recipient = &cut.parts[RECIPIENT]
        cdef Part *helo = &cut.parts[HELO]
        cdef uint8_t *into
        cdef uint8_t *to
        cdef bint not_found
        self._stand_in(&shape, cut.parts[ADDR], 1, False, False)
        not_found = shape.size >= 14 and memcmp(shape.at + shape.size - 14, b"Host not found", 14) == 0
        if memchr(shape.at, 60, shape.size) is not NULL:
            if 3 < sender.size < 250 and memchr(sender.at, 64, sender.size) is not NULL:
                self._stand_in(&shape, sender[0], 2, True, False)
            if 3 < recipient.size < 250 and memchr(recipient.at, 64, recipient.size) is not NULL:
                self._stand_in(&shape, recipient[0], 3, True, False)
            if not_found or find(shape.at, shape.at + shape.size, b"Helo command rejected", 21) is not NULL:
                if not plain_name(helo[0]):
                    return False
                self._stand_in(&shape, helo[0], 4, True, True)
        elif not_found and not plain_name(helo[0]):
            return False
        into = self.spare(shape.at)
        to = copied(copied(copied(into, cut.writer, 0), proto, 32), shape, 0) - 1
        known = self.shapes.get(PyBytes_FromStringAndSize(<const char *>into, to - into))
        if known is None:
            return False
        self._wait(<Shape>known, data, low, start, stop, offset, row, cut)
        return True

    cdef void _stand_in(self, Part *shape, Part part, uint8_t sign, bint framed, bint once) noexcept nogil:
        """Put one sign for a part, or for ``<part>``, in every place where it stands (or the first)."""
        cdef const uint8_t *at = shape.at
        cdef const uint8_t *end = shape.at + shape.size
        cdef const uint8_t *found
        cdef uint8_t *into = self.spare(shape.at)
        cdef uint8_t *to = into
        cdef Py_ssize_t size = part.size + 2 * framed
        cdef uint8_t[LONGEST + 2] needle
        if size > end - at:
            return
        if framed:
            needle[0] = 60
            needle[size - 1] = 62
        memcpy(needle + framed, part.at, part.size)
        while True:
            found = find(at, end, <const char *>needle, size)
            if found is NULL:
                break
            memcpy(to, at, found - at)
            to += found - at
            to[0] = sign
            to += 1
            at = found + size
            if once:
                break
        if to == into:
            return
        memcpy(to, at, end - at)
        shape.at = into
        shape.size = to + (end - at) - into

    cdef int _wait(
        self, Shape shape, bytes data, Py_ssize_t low, Py_ssize_t start, Py_ssize_t stop, int64_t offset, int64_t row,
        Cut *cut,
    ) except -1:
        """``Gatherer._wait``: put a line of a known shape aside."""
        cdef Part *name = &cut.parts[CLIENT]
        cdef Part *addr = &cut.parts[ADDR]
        cdef Bucket bucket
        cdef Py_ssize_t size
        cdef bint unknown = name.size == 7 and memcmp(name.at, b"unknown", 7) == 0
        if self.bounded and not self.span.holds(stamp_of(data[start : start + 48])):
            return 0
        warned = None
        if unknown and not shape.login:
            warned = self.sessions.mismatch(shape.host, int(text(cut.pid)), text(addr[0]), offset)
        detail = shape.detail
        if shape.unresolvable and not shape.login:
            detail = ""
            if warned is not None:
                detail = warned.detail
            elif session.connected(data, low, start, int(text(cut.pid)), text(addr[0])):
                detail = "no_ptr"
        if not unknown:
            who, how, cut.parts[SHOWN] = self._pool(name[0]), "client", name[0]
        elif warned is not None:
            who, how, shown = parties.client_party(None, None, warned.name, None)
            named = shown.encode()
            cut.parts[SHOWN].at, cut.parts[SHOWN].size = <const uint8_t *>(<bytes>named), len(<bytes>named)
        elif is_host_name(cut.parts[HELO]):
            who, how, cut.parts[SHOWN] = self._pool(cut.parts[HELO]), "helo", cut.parts[HELO]
        else:
            size = network(addr[0], self.scratch)
            if size:
                named = PyBytes_FromStringAndSize(<const char *>self.scratch, size)
            else:
                named = shortway.network_of(some(addr[0]))
            who, how = named.decode(), "net"
            cut.parts[SHOWN].at, cut.parts[SHOWN].size = <const uint8_t *>(<bytes>named), len(<bytes>named)
        where = (shape.known, who, how, detail)
        bucket = self.buckets.get(where)
        if bucket is None:
            bucket = Bucket()
            bucket.known, bucket.detail, bucket.flag = shape, detail, shape.login
            bucket.key = tuple_new(GroupKey, (*shape.begin, who, how, shape.outcome))
            self.buckets[where] = bucket
        self._aside(bucket, data, start, stop, offset, row, cut)
        return 0

    cdef str _pool(self, Part name):
        """``party.pool_id``"""
        return PyUnicode_DecodeASCII(<const char *>self.scratch, pool(name, self.scratch), NULL)

    cdef int _aside(
        self, Bucket bucket, bytes data, Py_ssize_t start, Py_ssize_t stop, int64_t offset, int64_t row, Cut *cut
    ) except -1:
        cdef const uint8_t *line = <const uint8_t *>data + start
        self.put(bucket, line, stop - start, self.keep(line, stop - start), offset, row, cut)
        if self.full():
            self.count()
        return 0

    cdef bint _sent(
        self, bytes data, Py_ssize_t start, int64_t offset, int64_t row, Cut *cut, Part delays, const uint8_t *end
    ) except -1:
        """``LongWay.success``: a delivery that worked, maybe late."""
        cdef Part *name = &cut.parts[CLIENT]
        cdef Part *addr = &cut.parts[ADDR]
        cdef const uint8_t *said = find(delays.at, end, b" status=sent (", 14) + 14
        if begins(said, end, b"delivered to ", 13) or begins(said, end, b"discarded)", 10):
            return False
        if begins(addr.at, end, b"127.", 4) or begins(addr.at, end, b"::1", 3):
            return False  # internal, maybe
        if begins(name.at, end, b"127.", 4) or begins(name.at, end, b"localhost[", 10):
            return False
        writer = self.senders.get(some(cut.writer))
        if writer is None:
            return False
        host = writer[0]
        delay = seconds(text(cut.parts[DELAY]))
        if delay is None:
            return False
        parts = [seconds(part) for part in text(delays).split("/")]
        if len(parts) != 4 or None in parts or parts[1] >= LATE:
            return False
        if self.bounded and not self.span.holds(stamp_of(data[start : start + 48])):
            return True
        if delay < LATE:
            return True
        stamp = stamp_of(data[start : start + 48])
        place = tuple_new(Place, (self.source, offset, row, stamp))
        queue_id = text(cut.parts[QUEUE_ID])
        mail = tuple_new(Mail, (place, None, text(cut.parts[RECIPIENT]), queue_id, text(name[0]), delay))
        self.tally.late.add(queue_id, mail)
        self.tally.note_waits(host, parts)
        return True

    cdef bint _delivery(
        self, bytes data, Py_ssize_t low, Py_ssize_t start, Py_ssize_t stop, int64_t offset, int64_t row, Cut *cut,
        Delivery *to,
    ) except -1:
        """``shortdelivery.cut``, and the line put aside where its shape is known."""
        cdef Part said = to.said
        cdef Part address, frame
        cdef const uint8_t *close
        cdef const uint8_t *opening
        cdef uint8_t *into
        cdef uint8_t *end
        cdef Py_ssize_t size
        cdef uint64_t key
        cdef Bucket bucket
        cdef uint8_t[512] attempt
        if to.host.size:
            frame.at, frame.size = to.host.at, to.host.size + to.addr.size + 2
            self._stand_in(&said, frame, 1, False, False)
        elif begins(said.at, said.at + said.size, b"connect to ", 11):
            close = <const uint8_t *>memchr(said.at, 93, said.size)
            if close is not NULL:
                opening = <const uint8_t *>memchr(said.at, 91, said.size)
                # What the other way takes where no bracket opens before: all from the begin.
                opening = said.at if opening is NULL else opening + 1
                if opening > close:
                    return False
                to.addr.at, to.addr.size = opening, close - opening
                size = opening - said.at
                into = self.scratch
                memcpy(into, said.at, size)
                into[size] = 1
                memcpy(into + size + 1, close, said.at + said.size - close)
                said.size = size + 1 + (said.at + said.size - close)
                said.at = into
        address.at, address.size = to.mailbox.at, to.mailbox.size + 1 + to.domain.size
        self._stand_in(&said, address, 2, True, False)
        self._stand_in(&said, address, 3, False, False)
        into = self.spare(said.at)
        end = copied(into, cut.writer, 0)
        if to.host.size:
            end = copied(end, to.host, 0)
        else:
            memcpy(end, b"none", 4)
            end = copied(end + 4, to.domain, 0)
        end = copied(copied(copied(end, to.dsn, 0), to.status, 0), said, 0) - 1
        shape = PyBytes_FromStringAndSize(<const char *>into, end - into)
        means = self.deliveries.get(shape)
        if means is None:
            means = self.deliveries.get(shortdelivery.outline(shape))
            if means is None:
                return False
        if self.bounded and not self.span.holds(stamp_of(data[start : start + 48])):
            return True
        bucket = self.buckets.get(id(means))
        if bucket is None:
            bucket = Bucket()
            bucket.known = means
            bucket.key = means.key
            bucket.mails = {}
            bucket.ceiling = 0xFFFFFFFFFFFFFFFFULL
            self.buckets[id(means)] = bucket
        cut.parts[CLIENT].size = cut.parts[SENDER].size = 0
        cut.parts[ADDR], cut.parts[RECIPIENT], cut.parts[DELAY] = to.addr, address, to.delay
        memcpy(attempt, cut.parts[QUEUE_ID].at, cut.parts[QUEUE_ID].size)
        size = cut.parts[QUEUE_ID].size
        attempt[size] = 32
        memcpy(attempt + size + 1, address.at, address.size)
        key = digest(attempt, size + 1 + address.size)
        if key <= bucket.ceiling and key not in bucket.mails:
            # The sender is searched here, where the lines before can be seen.
            bucket.mails[key] = self.waiting, session.sender_before(data, low, start, text(cut.parts[QUEUE_ID]))
            if len(bucket.mails) > 1024:
                kept = sorted(bucket.mails)[:512]
                bucket.ceiling = kept[511]
                bucket.mails = {one: bucket.mails[one] for one in kept}
        self._aside(bucket, data, start, stop, offset, row, cut)
        return True

    def count(self):
        """Count all lines that wait in their groups."""
        cdef Bucket bucket
        for bucket in self._joined() if self.tally.ceilings else self.buckets.values():
            group = self.tally.group(bucket.key)
            self.touch(bucket, group)
            self._evidence(bucket, group)
            if bucket.mails is None:
                self._count_refusals(bucket, group)
            else:
                self._count_deliveries(bucket, group)
        self.buckets.clear()
        self.filled = 0
        self.waiting = 0

    cdef list _joined(self):
        """The buckets; in a crowd those that end up in one rest are one."""
        cdef list found = []
        cdef dict rests = {}
        cdef Bucket bucket, other
        for bucket in self.buckets.values():
            home = self.tally.home(bucket.key)
            if home is bucket.key or bucket.mails is not None:
                found.append(bucket)
                continue
            where = home, bucket.known, bucket.detail
            rest = rests.get(where)
            if rest is None:
                bucket.key = home
                rests[where] = bucket
                found.append(bucket)
                continue
            other = <Bucket>rest
            self.rows[other.last].next = bucket.first
            other.last = bucket.last
            other.count += bucket.count
        return found

    cdef int _count_refusals(self, Bucket bucket, group) except -1:
        """``shortway.Waiting.count``."""
        known = (<Shape>bucket.known).known
        if bucket.flag:
            self.add(bucket, group.senders, SENDER, False)
        else:
            group.codes[known.code, known.dsn] += bucket.count
            if bucket.detail:
                group.details[bucket.detail] += bucket.count
            self._mails(bucket, group)
            self.add(bucket, group.senders, SENDER, True)
            self.add(bucket, group.recipients, RECIPIENT, True)
        self.add(bucket, group.clients, ADDR, True)
        self.add(bucket, group.names, SHOWN, True)
        for recipe in known.recipes:
            name, _, part, which = recipe
            if part < 0 or which == "within" or name == "own_ip":
                shortway.read(group, recipe, self.values(bucket, part) if part >= 0 else set())
            else:
                self.add_side(bucket, group.captured(name), part, which)
        return 0

    cdef int _count_deliveries(self, Bucket bucket, group) except -1:
        """``LongWay.delivery_again``."""
        cdef int i
        cdef Row *row
        means = bucket.known
        if means.detail:
            group.details[means.detail] += bucket.count
        group.codes[means.code, means.dsn] += bucket.count
        self.add(bucket, group.messages, QUEUE_ID, True)
        self.add(bucket, group.recipients, RECIPIENT, True)
        self.add(bucket, group.clients, ADDR, False)
        if means.relay:
            group.relays.add(means.relay)
        mails = group.mails
        for key, (number, sender) in bucket.mails.items():
            if mails.could_keep(key):
                row = &self.rows[<int>number]
                queue_id, recipient = self.text(row, QUEUE_ID), self.text(row, RECIPIENT)
                mail = Mail(
                    self.place(row), sender, recipient, queue_id, self.text(row, ADDR) or None,
                    float(self.text(row, DELAY)),
                )
                mails.put(key, f"{queue_id} {recipient}", mail)
        for name, value in means.captures.items():
            if value == shortdelivery.ADDRESS:
                values = {one.decode() for one in self.values(bucket, ADDR)}
            elif value == shortdelivery.RECIPIENT:
                values = {one.decode() for one in self.values(bucket, RECIPIENT)}
            else:
                values = (value, )
            for one in values:
                shortway.capture(group, name, one)
        return 0

    cdef int _evidence(self, Bucket bucket, group) except -1:
        """Keep lines as evidence: the first, the last, an even sample."""
        cdef int i = bucket.first, number, many = 0
        cdef Row *first = &self.rows[i]
        cdef Row *last = first
        cdef Row *row
        evidence = group.evidence
        cdef uint64_t key, ceiling = _ceiling(evidence)
        cdef bint some_out = False
        while i >= 0:
            row = &self.rows[i]
            if row.offset < first.offset:
                first = row
            if row.offset > last.offset:
                last = row
            key = self.hash_of_place(row)
            if key > ceiling:
                some_out = True
            else:
                self.ranked[many].key, self.ranked[many].row = key, i
                many += 1
            i = row.next
        many = self.smallest(many, evidence.limit + 1, &some_out)
        members, values = <dict>evidence.members_by_hash(), <dict>evidence.values_by_hash()
        for number in range(many):
            row, hashed = &self.rows[self.ranked[number].row], self.ranked[number].key
            members[hashed], values[hashed] = f"{self.source}:{row.offset}", self.line(row)
        if many:
            evidence.changed()
        if some_out:
            evidence.thin()
        group.keep_end(self.line(first))
        if last != first:
            group.keep_end(self.line(last))
        return 0

    cdef int _mails(self, Bucket bucket, group) except -1:
        """``shortway._mails``: a mail is a client's network, sender and recipient."""
        cdef int i = bucket.first, number, many = 0, most
        messages, mails = group.messages, group.mails
        cdef uint64_t key, of_messages = _ceiling(messages), of_mails = _ceiling(mails)
        cdef bint out_of_messages = False, out_of_mails = False, new = False
        cdef Py_ssize_t size
        cdef Row *row
        while i >= 0:
            size = self._message(&self.rows[i])
            key = digest(self.scratch, size)
            out_of_messages |= key > of_messages
            out_of_mails |= key > of_mails
            if key <= of_messages or key <= of_mails:
                self.ranked[many].key, self.ranked[many].row = key, i
                many += 1
            i = self.rows[i].next
        many = self.smallest(many, max(<int>messages.limit, <int>mails.limit) + 1, &out_of_messages)
        most = messages.limit + 1
        members = <dict>messages.members_by_hash()
        for number in range(min(many, most)):
            hashed = self.ranked[number].key
            if self.ranked[number].key <= of_messages and hashed not in members:
                size = self._message(&self.rows[self.ranked[number].row])
                members[hashed] = PyUnicode_DecodeASCII(<const char *>self.scratch, size, NULL)
                new = True
        if new:
            messages.changed()
        if out_of_messages or many > most:
            messages.thin()
        most, new = mails.limit + 1, False
        members, values = <dict>mails.members_by_hash(), <dict>mails.values_by_hash()
        for number in range(min(many, most)):
            if self.ranked[number].key > of_mails:
                break
            row, hashed = &self.rows[self.ranked[number].row], self.ranked[number].key
            old = values.get(hashed)
            if old is not None and old.place.offset < row.offset:
                continue
            size = self._message(row)
            sender, recipient = self.text(row, SENDER), self.text(row, RECIPIENT)
            values[hashed] = tuple_new(Mail, (self.place(row), sender, recipient, None, self.text(row, ADDR), None))
            members[hashed] = PyUnicode_DecodeASCII(<const char *>self.scratch, size, NULL)
            new = True
        if new:
            mails.changed()
        if out_of_mails or many > most:
            mails.thin()
        return 0

    cdef Py_ssize_t _message(self, Row *row) except -1:
        """Write what tells mails apart into ``scratch``; how long it is."""
        cdef Part addr = self.part(row, ADDR)
        cdef Py_ssize_t size = network(addr, self.scratch)
        cdef uint8_t *to
        if size == 0:
            net = shortway.network_of(some(addr))
            size = len(net)
            memcpy(self.scratch, <const uint8_t *>(<bytes>net), size)
        self.scratch[size] = 32
        to = &self.scratch[size + 1]
        to = copied(copied(to, self.part(row, SENDER), 32), self.part(row, RECIPIENT), 0) - 1
        return to - self.scratch
