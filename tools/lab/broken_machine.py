"""Troubles of the machine under Postfix: memory; one function a trouble."""

import time

from tools.lab.laboratory import Lab
from tools.lab.scenes import knock, lab_with_friends

ROOM = 150_000  # KiB of address space: enough to start, too little for the table
LINES = 1_500_000


def out_of_memory() -> Lab:
    """smtpd reads a table into memory, and there is not enough of it."""
    lab = lab_with_friends({"smtpd_client_restrictions": "check_client_access cidr:/etc/postfix/all.cidr"}, start=False)
    rows = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255} REJECT\n" for n in range(LINES))
    lab.path("etc/postfix/all.cidr").write_text("".join(rows))
    lab.run("sh", "-c", f"ulimit -v {ROOM}; postfix start")
    lab.wait_log("daemon started")
    knock(lab, 2)
    time.sleep(2)
    return lab
