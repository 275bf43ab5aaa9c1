"""Which settings does only the droplet target have: the cloud, the host, and what may be exposed there?"""

from __future__ import annotations

from ops import settings_kinds as kind
from ops.settings_key import Key, group

CLOUD_API = "https://api.digitalocean.com"

GUARDED: tuple[Key, ...] = group(
    "Behind a lock: what may be opened to operators",
    Key(
        "EXPOSE_ADMIN",
        "Serve Django's admin at admin.WEBSITE_DOMAIN, to OPERATOR_NETWORKS and with OPERATOR_USER's password. Never in"
        " production.",
        kind.FLAG,
        default="false",
    ),
    Key(
        "EXPOSE_FLOWER",
        "Run Flower and serve it at flower.WEBSITE_DOMAIN, behind the same lock.",
        kind.FLAG,
        default="false",
    ),
    Key("OPERATOR_USER", "The user of that lock.", kind.USERNAME, default="operator"),
    Key("OPERATOR_PASSWORD", "Its password.", kind.SECRET, secret=True, public_length=16),
    Key("OPERATOR_NETWORKS", "The addresses that the lock lets in.", kind.NETWORKS),
)
DROPLET: tuple[Key, ...] = (
    *group(
        "The droplet target: the cloud",
        Key(
            "DIGITALOCEAN_TOKEN",
            "An API token that may read and write. Not used by the local target.",
            kind.SECRET,
            secret=True,
            examples=("", "change-me"),
        ),
        Key("DIGITALOCEAN_API_URL", "Where the API answers.", kind.url("https", "http"), default=CLOUD_API),
        Key("DROPLET_NAME", "The name of the droplet.", kind.DOMAIN, default="slipway"),
        Key(
            "DROPLET_TAG",
            "The tag on everything that belongs to this deployment; `destroy` removes nothing else.",
            kind.TAG,
            default="slipway",
        ),
        Key("DROPLET_REGION", "Where it stands.", kind.SLUG, default="fra1"),
        Key("DROPLET_SIZE", "How large it is.", kind.SLUG, default="s-2vcpu-4gb"),
        Key("DROPLET_IMAGE", "What it starts from: Debian 13, or a newer one.", kind.SLUG, default="debian-13-x64"),
        Key("DROPLET_IPV6", "Give it an IPv6 address too.", kind.FLAG, default="false"),
        Key("DROPLET_RESERVED_IP", "Give it an address that outlives it.", kind.FLAG, default="false"),
        Key("MANAGE_DNS", "Write the records of WEBSITE_DOMAIN, when its zone is there.", kind.FLAG, default="true"),
        Key("DNS_SERVER", "Who is asked whether the names point here. Empty: this machine's resolver.", kind.HOST_PORT),
        Key(
            "OPERATOR_ADDRESS",
            "Your public address, for the SSH allowlist. Empty: ADDRESS_LOOKUP_URL is asked.",
            kind.ADDRESS,
        ),
        Key(
            "ADDRESS_LOOKUP_URL",
            "Answers with the address that a request came from, as text.",
            kind.url("https", "http"),
            default="https://api.ipify.org",
        ),
    ),
    *group(
        "The droplet target: the host",
        Key(
            "SSH_KEY_PATH",
            "Your private key; the public one lies beside it.",
            kind.FILE_PATH,
            default="~/.ssh/id_ed25519",
        ),
        Key("SSH_USER", "Who logs in.", kind.USERNAME, default="deploy"),
        Key("SSH_PORT", "The port of SSH.", kind.PORT, default="22"),
        Key(
            "DOCKER_REGISTRY_MIRROR",
            "A registry that is asked first for base images. Empty: none.",
            kind.url("https", "http"),
        ),
    ),
)
