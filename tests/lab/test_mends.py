"""What a finding prints to mend a broken server mends it: its command is run where the trouble was provoked."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailtriage.model.finding import Finding
from tests.triage.server_story import findings
from tools.lab.broken_delivery import filter_loop, login_asked_at_connect, port_465_without_tls
from tools.lab.broken_helpers import anvil_missing, rewrite_missing, verify_cache_unwritable
from tools.lab.broken_setup import postmap_forgotten
from tools.lab.laboratory import DOMAIN, Lab
from tools.lab.scenes import FRIEND, receive, submit
from tools.lab.smtp_client import Reply
from tools.lab.smtp_server import accepting


def friend_writes(lab: Lab, user: str) -> Reply:
    return lab.smtp(**FRIEND, rcpt=f"{user}@{DOMAIN}")  # type: ignore[arg-type]


def comes_in(lab: Lab) -> bool:
    return friend_writes(lab, "taro").accepted


def yuki_is_known(lab: Lab) -> bool:
    return friend_writes(lab, "yuki").accepted


def comes_in_at_the_second_try(lab: Lab) -> bool:
    friend_writes(lab, "hanako")
    time.sleep(1)
    return friend_writes(lab, "hanako").accepted


def arrives(lab: Lab) -> bool:
    before = lab.log().count("status=sent")
    receive(lab, "taro")
    lab.wait(lambda: lab.log().count("status=sent") > before)
    return True


def can_log_in(lab: Lab) -> bool:
    submit(lab, "taro", f"hanako@{DOMAIN}")
    return "sasl_username=taro@" in lab.log()


def counts_again(lab: Lab) -> bool:
    before = lab.log().count("private/anvil")
    return friend_writes(lab, "taro").accepted and lab.log().count("private/anvil") == before


def goes_out_by_587(lab: Lab) -> bool:
    lab.server("192.0.2.220", accepting, 587)
    lab.run("postconf", "-e", "smtp_tls_security_level = none")  # the lab's relay has no certificate
    lab.reload()
    lab.run("postqueue", "-f")
    lab.wait_log(r"relay=smtp\.provider\.example\[192\.0\.2\.220\]:587,.*status=sent", 25)
    return True


MENDS: dict[str, tuple[Callable[[], Lab], str, str, Callable[[Lab], bool]]] = {
    # trouble → the kind of its finding, words of the step whose command mends it, and the proof
    "a lost line of master.cf": (rewrite_missing, "internal_service_down", "# /etc/postfix/master.cf", comes_in),
    "a lost line that Postfix knows": (anvil_missing, "internal_service_down", "upgrade-configuration", counts_again),
    "a stale table": (postmap_forgotten, "table_not_rebuilt", "postmap /etc/postfix/users", yuki_is_known),
    "a cache in the wrong place": (
        verify_cache_unwritable, "cache_down", "postconf -e 'address_verify_map", comes_in_at_the_second_try,
    ),
    "a filter that filters again": (filter_loop, "mail_loops", "content_filter", arrives),
    "logins asked at CONNECT": (login_asked_at_connect, "login_impossible", "smtpd_delay_reject = yes", can_log_in),
    "port 465": (port_465_without_tls, "relayhost_wrong", "postconf -e 'relayhost", goes_out_by_587),
}  # fmt: skip


def paste(lab: Lab, command: str) -> None:
    """Do what a reader does: lines under a file's name go into the file, all others are run."""
    file: Path | None = None
    for line in command.splitlines():
        if line.startswith("# /"):
            file = lab.path(line[2:])
        elif file is not None and len(line.split()) == 8:
            present = any(kept.split()[:2] == line.split()[:2] for kept in file.read_text().splitlines())
            if not present:
                file.write_text(file.read_text() + line + "\n")
        elif line.strip():
            lab.run("sh", "-c", line, check=False)


@pytest.mark.parametrize("name", MENDS)
def test_what_is_printed_mends_it(name: str, tmp_path: Path) -> None:
    provoke, kind, words, works = MENDS[name]
    lab = provoke()
    try:
        (tmp_path / "mail.log").write_text(lab.log())
        (finding,) = [one for one in findings(tmp_path / "mail.log") if one.kind == kind]
        paste(lab, command_with(finding, words))
        if kind == "mail_loops":  # the step says what the service behind the filter needs
            lab.run("postconf", "-P", "127.0.0.1:10026/inet/content_filter=")
        lab.run("postfix", "reload", check=False)
        time.sleep(1)
        assert works(lab)
    finally:
        lab.close()


def command_with(finding: Finding, words: str) -> str:
    return next(step.command for step in finding.steps if step.command and words in step.command)
