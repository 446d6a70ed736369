"""The text in a delivery line's parentheses: who said it, to which command, and the remote server's words alone.

Read from the left up to the remote's words, and from the right for ``(in reply to … command)``: what lies between is
the remote server's and may imitate anything. Sources: smtp/smtp_trouble.c, smtp/smtp_proto.c, smtp/smtp_connect.c,
smtp/smtp_sasl_glue.c; RFC 5321 section 4.2, RFC 3463.
"""

from typing import NamedTuple

from mailtriage.postfix.fields import Peer, codes, peer

COMMANDS = frozenset({
    "MAIL FROM", "RCPT TO", "DATA", "end of DATA", "XFORWARD name/address", "XFORWARD helo/protocol", "final RSET",
    "RSET probe", "QUIT", "BDAT", "end of BDAT",
})  # fmt: skip
_SUSPENDED = "delivery temporarily suspended: "
_VERBS = (
    (" said: ", "said"),
    (" refused to talk to me: ", "refused"),
    (" refused to start TLS: ", "refused_tls"),
)


class Reply(NamedTuple):
    """A delivery's reply taken apart.

    ``how``: ``said`` (to a command), ``refused`` (``refused to talk to me``), ``refused_tls``, ``lost`` (lost
    connection), ``timeout`` (conversation timed out), ``connect`` (no connection), ``local`` (our own words).
    ``text`` holds the remote's words alone, or for the other kinds what went wrong, without host and command.
    ``command`` is what it answered (``RCPT TO``), ``activity`` what went on when the connection broke.
    """

    how: str
    text: str
    host: str | None = None
    addr: str | None = None
    port: int | None = None
    code: str | None = None
    dsn: str | None = None
    command: str | None = None
    activity: str | None = None
    suspended: bool = False


def parse_reply(reply: str) -> Reply:
    """Take a reply apart. Never raises; what has no known form is ``local`` with the whole text."""
    suspended = reply.startswith(_SUSPENDED)
    if suspended:
        reply = reply[len(_SUSPENDED) :]
    text = reply.removeprefix("Protocol error: ")
    if text.startswith("host "):
        result = _host(text, 5)
    elif text.startswith("lost connection with "):
        result = _broken(text, 21, " while ", "lost")
    elif text.startswith("conversation with "):
        result = _broken(text, 18, " timed out while ", "timeout")
    elif text.startswith("connect to "):
        result = _connect(text)
    elif text.startswith("SASL "):
        result = _sasl(text)
    elif text.startswith("TLS is required, but host "):
        result = _host(text, 26)
    elif text.startswith("Sender requested REQUIRETLS, but host "):
        result = _host(text, 38)
    else:
        result = None
    if result is None:
        result = _bare(text)
    return result._replace(suspended=True) if suspended else result


def remote_code(reply: str) -> str | None:
    """The reply code of the remote's words alone, cheaply; None where nothing remote speaks."""
    return parse_reply(reply).code


def _host(text: str, start: int) -> Reply | None:
    found = peer(text, start)
    if found is None:
        # A host without address, as in logs that were edited and in cached SASL failures.
        space = text.find(" ", start)
        if space < 0:
            return None
        found = Peer(text[start:space], "", None, space)
    for words, how in _VERBS:
        if text.startswith(words, found.end):
            return _spoken(text[found.end + len(words) :], how, found)
    return None


def _spoken(words: str, how: str, found: Peer) -> Reply:
    command = None
    if words.endswith(")"):
        opening = words.rfind(" (in reply to ")
        if opening >= 0:
            name = words[opening + 14 : -1].removesuffix(" command")
            if name in COMMANDS:
                command, words = name, words[:opening]
    code, dsn, _ = codes(words)
    return Reply(how, words, found.name, found.addr or None, found.port, code, dsn, command)


def _broken(text: str, start: int, words: str, how: str) -> Reply | None:
    found = peer(text, start)
    end = found.end if found is not None else text.find(" ", start)
    if end < 0 or not text.startswith(words, end):
        return None
    activity = text[end + len(words) :]
    if found is None:
        found = Peer(text[start:end], "", None, end)
    return Reply(how, text, found.name, found.addr or None, found.port, activity=activity)


def _connect(text: str) -> Reply | None:
    found = peer(text, 11)
    if found is None or text[found.end : found.end + 2] != ": ":
        return None
    why = text[found.end + 2 :]
    code, dsn = None, None
    if why.startswith("server refused to talk to me: "):  # Postfix up to 2.2
        words = why[30:].removesuffix(" (port 25)")
        code, dsn, _ = codes(words)
        return Reply("refused", words, found.name, found.addr, found.port, code, dsn)
    return Reply("connect", why, found.name, found.addr, found.port)


def _sasl(text: str) -> Reply | None:
    server = text.find("authentication failed; server ", 0, 64)
    if server < 0:
        return None
    return _host(text, server + 30)


def _bare(text: str) -> Reply:
    """Our own words; or a remote's without a host before them, as pipe and LMTP commands put them out."""
    code, dsn, _ = codes(text)
    return Reply("local", text, code=code, dsn=dsn)
