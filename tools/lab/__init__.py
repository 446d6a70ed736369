"""A Postfix of Debian's package, alone on a loopback of its own, to try things on.

    with Lab(main_cf={"smtpd_client_restrictions": "reject_unknown_client_hostname"}) as lab:
        reply = lab.smtp(client_name=None, reverse_name="omta0014.jcom.zaq.ne.jp", client_addr="198.51.100.14")

Everything happens in Linux namespaces: an own network with nothing but loopback, on which all documentation and
benchmark addresses answer; own mounts, so that /etc/postfix, /var/spool/postfix, /etc/resolv.conf … are the lab's and
paths can be written as on a real server; own process ids, so that the end of the lab is the end of all it started.
No traffic can leave. Needs root, `unshare`, `nsenter`, `ip` and the package postfix; `missing()` says what is not
there.
"""

from tools.lab.laboratory import Lab
from tools.lab.namespace import missing
from tools.lab.smtp_client import Reply

__all__ = ["Lab", "Reply", "missing"]
