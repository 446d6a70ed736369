"""TLS lines, the same in smtpd, smtp, lmtp and tlsproxy. Sources: tls/tls_misc.c, tls_server.c, tls_client.c."""

import re

from mailtriage.postfix import fields as f

_SUMMARY = re.compile(
    r"(?:Anonymous|Untrusted|Trusted|Verified) TLS connection (?:established|reused) (from|to) "
    r"|(?:setting up TLS connection|SSL_accept error|starting new SMTP TLS session|issuing session) (from|to) "
    r"|SSL_connect error (to) |(?:server |client )?certificate (?:peer name )?verification failed for ()"
    r"|TLS connection (?:established|reused) (from|to) |setting up TLS connection (to) "
)

_HANDSHAKE = re.compile(r"TLS handshake failed for service=\S{1,64} peer=")
_OTHERS = (
    "Cannot start TLS: ", "Host offered STARTTLS: ", "Unverified: ", "Verified: ", "Untrusted: ", "Trusted: ",
    "Server certificate ", "Client certificate ", "Peer certificate ", "Peer verification", "setting up TLS connection",
    "SSL_accept:", "SSL_connect:", "reusing previous session", "looking for session ", "save session ",
    "remove session ", "verify error:", "verify return:", "depth=", "subject_CN=", "fingerprint=", "TLS SNI ",
    "Used TLS for ",
)  # fmt: skip


def read(rest: str) -> f.Fields | None:
    """Read a line about a TLS session; None where it is none."""
    found = _SUMMARY.match(rest)
    if found is None and (peer_at := _HANDSHAKE.match(rest)):
        client = f.peer(rest, peer_at.end())
        return {"event": "tls", **(f.client_fields(client) if client else {}), "text": rest}
    if found is None:
        return {"event": "tls", "text": rest} if rest.startswith(_OTHERS) else None
    peer = f.peer(rest, found.end())
    fields: f.Fields = {"event": "tls", "text": rest}
    if peer is None:
        return fields
    word = next((group for group in found.groups() if group is not None), "")
    if word == "from":
        fields.update(f.client_fields(peer))
    else:
        fields["relay_addr"] = peer.addr
        if peer.name:
            fields["relay_name"] = peer.name
        if peer.port is not None:
            fields["relay_port"] = peer.port
    return fields
