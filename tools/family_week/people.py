"""Who lives on this server, who writes to them, and through which hosts."""

from dataclasses import dataclass

DOMAIN = "shirao.example"
OWN_ADDRESS = "203.0.113.25"
POOL_DOMAIN = "jcom.zaq.ne.jp"
POOL = [(f"omta{n:04d}.{POOL_DOMAIN}", f"198.51.100.{n}") for n in range(14, 22)]


@dataclass(frozen=True, slots=True)
class Home:
    """A user and the line from which the user's mail program logs in."""

    user: str
    name: str
    addr: str

    @property
    def address(self) -> str:
        return f"{self.user}@{DOMAIN}"


MOTHER = Home("mother", "zaqc6124d2d.zaq.ne.jp", "198.18.77.45")
SON = Home("son", "p198-18-90-12.kyoto.isp.example", "198.18.90.12")
TARO = Home("taro", "p198-18-90-31.kyoto.isp.example", "198.18.90.31")
HANAKO = Home("hanako", "sp198-18-112-7.mobile.isp.example", "198.18.112.7")
YUKI = Home("yuki", "unknown", "2001:db8:40:17::a2")
FAMILY = [MOTHER, SON, TARO, HANAKO, YUKI]

FRIENDS = [
    f"{name}@{POOL_DOMAIN}"
    for name in (
        "aiko.shimizu",
        "k-tanaka",
        "sachiko.mori",
        "yamada.h",
        "t.sasaki",
        "noriko1950",
        "hiroshi.ueda",
        "m-kobayashi",
        "fumie.ono",
    )
]


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody whose mail is accepted; `name` and `addr` are those of the sending host."""

    address: str
    name: str
    addr: str
    greylisted: bool = False


GMAIL = [
    Correspondent(f"{user}@gmail.com", f"mail-{host}.google.com", f"192.0.2.{n}")
    for n, (user, host) in enumerate(
        [("kenji.okada", "ej1-f54"), ("mika.ito", "lf1-f43"), ("s.nakano", "qk1-f179"), ("ryo.hayashi", "wr1-f50")], 41
    )
]
CORRESPONDENTS = [
    *GMAIL,
    Correspondent("ayumi@icloud.com", "st43p00im-ztdg10073201.me.com", "192.0.2.71"),
    Correspondent("order@shop.example", "mta3.shop.example", "192.0.2.90"),
    Correspondent("no-reply@bank.example", "mx-out2.bank.example", "192.0.2.101"),
    Correspondent("news@kyoto-walks.example", "mail.kyoto-walks.example", "192.0.2.120"),
    Correspondent("taku@outlook.jp", "mail-ty3apc01acsn2.outbound.protection.outlook.com", "2001:db8:a0:4e::101"),
    Correspondent("bounces+7712@lists.example", "lists.example", "192.0.2.140"),
]
STRANGERS = [
    Correspondent("office@temple-garden.example", "mail.temple-garden.example", "192.0.2.161", True),
    Correspondent("info@piano-tuner.example", "www12.hosting.example", "192.0.2.162", True),
    Correspondent("reservation@ryokan.example", "smtp.ryokan.example", "192.0.2.163", True),
    Correspondent("pta@kita-school.example", "mx.kita-school.example", "2001:db8:77::25", True),
]

PROVIDERS = {  # domain of the recipient: MX host, its address, reply
    "gmail.com": (
        "gmail-smtp-in.l.google.com",
        "192.0.2.26",
        "250 2.0.0 OK  {epoch} {hex12}-{hex8}si{num}.{n} - gsmtp",
    ),
    "icloud.com": ("mx01.mail.icloud.com", "192.0.2.64", "250 2.0.0 Ok: queued as {HEX12}"),
    "me.com": ("mx02.mail.icloud.com", "192.0.2.65", "250 2.0.0 Ok: queued as {HEX12}"),
    "jcom.zaq.ne.jp": ("mx.jcom.zaq.ne.jp", "198.51.100.40", "250 2.0.0 {HEX12} Message accepted for delivery"),
    "docomo.ne.jp": ("mfsmax.docomo.ne.jp", "192.0.2.80", "250 2.0.0 ok"),
    "yahoo.co.jp": ("mx3.mail.yahoo.co.jp", "192.0.2.84", "250 ok dirdel"),
    "temple-garden.example": ("mx.temple-garden.example", "192.0.2.160", "250 2.0.0 Ok: queued as {HEX12}"),
    "kyoto-walks.example": ("mail.kyoto-walks.example", "192.0.2.120", "250 OK id=1w{hex8}-0000{hex4}-1x"),
}
