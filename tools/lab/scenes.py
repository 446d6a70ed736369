"""What happens around a broken server: friends write, users send, somebody knocks."""

import time

from tools.lab.dns_server import Records
from tools.lab.laboratory import DOMAIN, Lab
from tools.lab.smtp_client import Conversation, Refused
from tools.lab.smtp_server import saying

FRIEND = {
    "client_addr": "192.0.2.180",
    "helo": "mail.friend.example",
    "mail_from": "haru@friend.example",
    "xclient": False,
}
OFFICE = {"client_addr": "198.18.90.31", "helo": "[198.18.90.31]", "port": 587, "xclient": False}
RECORDS: Records = {
    ("180.2.0.192.in-addr.arpa", "PTR"): ["mail.friend.example"],
    ("mail.friend.example", "A"): ["192.0.2.180"],
    ("friend.example", "MX"): ["10 mail.friend.example."],
    ("31.90.18.198.in-addr.arpa", "PTR"): ["p198-18-90-31.kyoto.isp.example"],
    ("p198-18-90-31.kyoto.isp.example", "A"): ["198.18.90.31"],
}
REMOTE = {
    "gmail.com": ("gmail-smtp-in.l.google.com", "192.0.2.26"),
    "icloud.com": ("mx01.mail.icloud.com", "192.0.2.64"),
    "docomo.ne.jp": ("mfsmax.docomo.ne.jp", "192.0.2.80"),
    "yahoo.co.jp": ("mx3.mail.yahoo.co.jp", "192.0.2.84"),
    "temple-garden.example": ("mx.temple-garden.example", "192.0.2.160"),
}


def receive(lab: Lab, user: str = "taro", times: int = 1) -> None:
    for number in range(times):
        message_id = f"{time.monotonic_ns()}@friend.example"
        lab.smtp(**FRIEND, rcpt=f"{user}@{DOMAIN}", message_id=message_id)  # type: ignore[arg-type]
        time.sleep(0.3 if number else 0)


def submit(lab: Lab, user: str, *to: str) -> None:
    sender = f"{user}@{DOMAIN}"
    message_id = f"{time.monotonic_ns()}@{DOMAIN}"
    lab.smtp(**OFFICE, mail_from=sender, login=sender, rcpt=list(to), message_id=message_id)  # type: ignore[arg-type]


def open_session(lab: Lab, port: int = 25) -> Conversation | None:
    try:
        return lab.connect("192.0.2.180", port, timeout=1.5)
    except (Refused, OSError):
        return None


def knock(lab: Lab, times: int, port: int = 25) -> None:
    """Somebody connects, whether or not he is answered."""
    for _ in range(times):
        session = open_session(lab, port)
        if session:
            session.close(quit_first=False)
        time.sleep(1.2)


def lab_with_friends(main_cf: dict[str, str] | None = None, maps: dict[str, str] | None = None, **more: object) -> Lab:
    return Lab(main_cf, maps, records=dict(RECORDS), syslog=True, **more)  # type: ignore[arg-type]


def refused_at_two(lab: Lab, no: str) -> None:
    """Mail of ours to two firms that have nothing to do with each other, refused by both in these words."""
    for domain, host, addr in (
        ("branch.example", "mx.branch.example", "192.0.2.161"),
        ("firm.example", "mx.firm.example", "192.0.2.162"),
    ):
        lab.mx(domain, host, addr, saying(RCPT=no))
        submit(lab, "taro", f"office@{domain}")
    lab.wait(lambda: lab.log().count("status=bounced") >= 2)


def with_remotes(lab: Lab) -> Lab:
    for domain, (host, addr) in REMOTE.items():
        lab.mx(domain, host, addr)
    return lab
