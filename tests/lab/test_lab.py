"""The lab itself: names, addresses, logins and neighbours are what they are said to be, and nothing gets out."""

from collections.abc import Iterator

import pytest

from tools.lab import Lab
from tools.lab.smtp_server import apple_blocking

PATTERN = r"/^omta[0-9]+\.jcom\.zaq\.ne\.jp$/"
TABLE = f"{PATTERN} DUNNO\n/./ reject_unknown_client_hostname\n"
POOL = [(f"omta{n:04d}.jcom.zaq.ne.jp", f"198.51.100.{n}") for n in (14, 17, 21)]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    main_cf = {"smtpd_client_restrictions": "permit_mynetworks, reject_unknown_client_hostname"}
    with Lab(main_cf) as lab:
        for name, addr in POOL:
            lab.dns.client(addr, name)
        yield lab


def test_pool_is_refused_by_dns_and_let_in_by_the_exception(lab: Lab) -> None:
    """The whole way without XCLIENT: PTR names that do not lead back, looked up by Postfix itself."""
    for name, addr in POOL:
        reply = lab.smtp(client_addr=addr, helo=name, mail_from="mother@shirao.example", xclient=False)
        assert (reply.stage, reply.code, reply.dsn) == ("RCPT", 450, "4.7.25")
        lab.wait_log(f"warning: hostname {name} does not resolve to address {addr}: Name or service not known")
    before = lab.main_cf
    entry = "check_reverse_client_hostname_access regexp:/etc/postfix/reverse_client.regexp"
    lab.write_map("regexp:reverse_client.regexp", TABLE)
    lab.main_cf = before | {"smtpd_client_restrictions": f"permit_mynetworks, {entry}"}
    lab.write_main_cf()
    lab.reload()
    try:
        for name, addr in POOL:
            assert lab.smtp(client_addr=addr, helo=name, mail_from="mother@shirao.example", xclient=False).accepted
        nameless = lab.smtp(client_addr="198.51.100.99", helo=POOL[0][0], xclient=False)
        assert nameless.code == 450
    finally:
        lab.main_cf = before
        lab.write_main_cf()
        lab.reload()


def test_xclient_gives_any_name(lab: Lab) -> None:
    assert lab.smtp(client_name="mail.client.example", client_addr="198.18.0.9").accepted
    lab.wait_log(r"client=mail\.client\.example\[198\.18\.0\.9\]")
    assert lab.smtp(client_addr="198.18.0.9").code == 450


def test_login_and_delivery_to_a_remote_server(lab: Lab) -> None:
    apple = lab.mx("icloud.com", "mx01.mail.icloud.com", "192.0.2.64", apple_blocking("203.0.113.25"))
    mail = {"client_addr": "198.18.90.31", "login": "taro@shirao.example", "port": 587, "rcpt": "hogehoge@icloud.com"}
    assert lab.smtp(**mail, mail_from="taro@shirao.example").accepted  # type: ignore[arg-type]
    line = lab.wait_log("to=<hogehoge@icloud.com>.*status=bounced")
    assert "said: 550 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=203.0.113.25 (in" in line
    assert lab.wait_log(r"client=.*sasl_method=PLAIN, sasl_username=taro@shirao\.example")
    apple.close()


def test_nothing_gets_out(lab: Lab) -> None:
    addresses = lab.run("ip", "-brief", "link")
    assert [line.split()[0] for line in addresses.splitlines()] == ["lo"]
    with pytest.raises(OSError, match="unreachable"):
        lab.namespace.socket().connect(("9.9.9.9", 53))
