"""The lines that a report prints for a refused pool, pasted into the very Postfix that refused it."""

from collections.abc import Iterator

import pytest

from mailtriage.model.finding import Finding
from tests.triage.stories import judged
from tools.lab import Lab

POOL = [(f"omta{n:04d}.jcom.zaq.ne.jp", f"198.51.100.{n}") for n in (14, 17, 21)]
FRIENDS = ("aiko", "k-tanaka", "noriko1950")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    main_cf = {"smtpd_client_restrictions": "permit_mynetworks, reject_unknown_client_hostname"}
    with Lab(main_cf) as lab:
        for name, addr in POOL:
            lab.dns.client(addr, name)
        lab.dns.client("198.51.100.97", "omta0014.jcom.zaq.ne.jp.evil.example")
        yield lab


def refusals(lab: Lab) -> Finding:
    for _ in range(2):
        for (name, addr), friend in zip(POOL, FRIENDS, strict=True):
            mail_from = f"{friend}@jcom.zaq.ne.jp"
            assert lab.smtp(client_addr=addr, helo=name, mail_from=mail_from, xclient=False).code == 450
    lab.wait_log("from=<noriko1950@jcom.zaq.ne.jp>.*helo=<omta0021")
    result = judged(lab.log(), own=("shirao.example",), ips=("203.0.113.25",))
    pools = [f for f in result.findings if f.cause == "unresolvable_client_hostname" and f.severity != "info"]
    assert len(pools) == 1, [f.title for f in result.findings]
    return pools[0]


def paste(lab: Lab, text: str) -> None:
    """What a reader does: main.cf and tables by their headings, then the commands, then the check."""
    parts: dict[str, list[str]] = {}
    at = ""
    for line in text.splitlines():
        if line.startswith("# /etc/postfix/"):
            at = line[2:]
        elif line.startswith(("postfix ", "postmap ")):
            parts.setdefault("commands", []).append(line)
        else:
            parts.setdefault(at, []).append(line)
    commands = parts.pop("commands")
    lab.set_lines(parts.pop("/etc/postfix/main.cf"))
    for path, lines in parts.items():
        lab.path(path).write_text("\n".join(lines) + "\n")
    for command in commands:
        wanted, _, expected = command.partition("    # ")
        if wanted == "postfix reload":
            lab.reload()
        elif said := expected.strip():
            assert lab.run("sh", "-c", wanted).strip() == said
        else:
            lab.run("sh", "-c", wanted)


def test_the_pool_comes_in_and_nobody_else(lab: Lab) -> None:
    finding = refusals(lab)
    assert finding.party.name == "JCOM"
    printed = next(step.command for step in finding.steps if step.command and "DUNNO" in step.command)
    assert "omta[0-9]+\\.jcom\\.zaq\\.ne\\.jp" in printed
    paste(lab, printed)
    for name, addr in [*POOL, ("omta0014.jcom.zaq.ne.jp", "198.51.100.14")]:
        assert lab.smtp(client_addr=addr, helo=name, mail_from="aiko@jcom.zaq.ne.jp", xclient=False).accepted
    for addr in ("198.51.100.99", "198.51.100.97"):
        assert lab.smtp(client_addr=addr, helo=POOL[0][0], xclient=False).code == 450
    request = finding.request_text or ""
    assert "198.51.100.14" in request
    assert "shirao.example" not in request.replace("mail.shirao.example", "")
