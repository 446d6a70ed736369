"""A small authoritative DNS server for the whole world as the lab's Postfix sees it."""

import socket
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.reversename
import dns.rrset

Records = dict[tuple[str, str], list[str]]


class DnsServer:
    """Answers from `records`, {(name, type): [data, …]}, over UDP.

    A name without records does not exist; a record `SERVFAIL` as data gives that answer, `TIMEOUT` gives none.
    A wildcard is written `*.zone`. Names are without the final dot.
    """

    def __init__(self, server: socket.socket, records: Records) -> None:
        self.records = {(name.lower(), kind): data for (name, kind), data in records.items()}
        self._socket = server
        self._socket.bind(("127.0.0.53", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def add(self, name: str, kind: str, *data: str) -> None:
        """Add or replace one record set."""
        self.records[(name.lower(), kind)] = list(data)

    def client(self, addr: str, ptr: str | None, forward: str | None = None) -> None:
        """Give a client's address a PTR name, and the name an address (`forward`, often the same)."""
        if ptr:
            self.add(str(dns.reversename.from_address(addr)).rstrip("."), "PTR", ptr)
            if forward:
                self.add(ptr, "AAAA" if ":" in forward else "A", forward)

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                wire, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            answer = self._answer(wire)
            if answer is not None:
                self._socket.sendto(answer, peer)

    def _answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        data = self._find(name, kind)
        response = dns.message.make_response(query, recursion_available=True)
        if data == ["TIMEOUT"]:
            return None
        if data == ["SERVFAIL"]:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif data is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif data:
            absolute = [item if kind not in ("PTR", "CNAME") else item.rstrip(".") + "." for item in data]
            response.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *absolute))
        return response.to_wire()

    def _find(self, name: str, kind: str) -> list[str] | None:
        """The data; an empty list where the name has other types only; None where there is no such name."""
        labels = name.split(".")
        candidates = [name, *("*." + ".".join(labels[n:]) for n in range(1, len(labels)))]
        for candidate in candidates:
            if (candidate, kind) in self.records:
                return self.records[(candidate, kind)]
            if (candidate, "ANY") in self.records:
                return self.records[(candidate, "ANY")]
            if any(known == candidate for known, _ in self.records):
                return []
        return [] if any(known.endswith("." + name) for known, _ in self.records) else None
