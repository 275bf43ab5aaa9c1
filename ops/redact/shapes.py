"""What tokens of other services look like, a line for each: its name, what is in every one of them, and how it goes on.

A shape is here only when ordinary output cannot have it: a digest, a commit, a certificate or a word is none. A pattern
has no repetition within a repetition, so that a line takes as long as it is. `(?P<secret>...)` is what is taken out
where that is not all. What a shape does not tell is found by the name beside it: `ops/redact/named.py`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cached_property

_START, _START_OF_BASE64 = "(?<![A-Za-z0-9])", "(?<![A-Za-z0-9+/])"
_START_OF_ANY = "(?<![A-Za-z0-9+/_-])"
_END = "(?![A-Za-z0-9])"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass(frozen=True, eq=False)
class Shape:
    """One sort of token. One of `marks` stands in each of them: where none does, the pattern need not be tried."""

    name: str
    marks: tuple[str, ...]
    pattern: str

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, made when it is needed first."""
        return re.compile(self.pattern)


def _of(name: str, *marks: str, then: str, start: str = _START) -> Shape:
    """Build the shape of tokens that begin with one of these marks."""
    begin = "|".join(re.escape(mark) for mark in marks)
    return Shape(name, marks, f"{start}(?:{begin}){then}")


_LABELS = ("", "RSA ", "DSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "PGP ")


def _in_base64(text: str) -> str:
    """Return the beginning of what encodes this text, whatever follows it."""
    octets = text.encode()
    return base64.b64encode(octets[: len(octets) // 3 * 3]).decode()


SHAPES = (
    # where code, images and packages are kept
    _of("GitHub token", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", then=r"[A-Za-z0-9]{36,255}"),
    _of("GitHub token", "github_pat_", then=r"\w{40,255}"),
    _of("GitLab token", "glpat-", "glptt-", "gldt-", "glft-", "glrt-", "glsoat-", then=r"[\w.-]{20,320}"),
    _of("GitLab token", "glcbt-", "glffct-", "glimt-", "glagent-", "gloas-", "GR1348941", then=r"[\w.-]{20,320}"),
    _of("Bitbucket token", "ATBB", then=rf"[A-Za-z0-9]{{32}}{_END}", start=_START_OF_BASE64),
    _of("Atlassian token", "ATATT3", then=r"[\w=-]{100,400}", start=_START_OF_BASE64),
    _of("Docker token", "dckr_pat_", "dckr_oat_", then=r"[\w-]{20,}"),
    _of("npm token", "npm_", then=rf"[A-Za-z0-9]{{36}}{_END}"),
    _of("PyPI token", "pypi-AgE", then=r"[\w-]{50,}"),
    _of("RubyGems token", "rubygems_", then=r"[a-f0-9]{48}"),
    _of("Clojars token", "CLOJARS_", "clojars_", then=r"[A-Za-z0-9]{60}"),
    _of("Artifactory key", "AKCp", then=rf"[A-Za-z0-9]{{69}}{_END}", start=_START_OF_BASE64),
    _of("Artifactory token", "cmVmd", then=rf"[A-Za-z0-9]{{59}}{_END}", start=_START_OF_BASE64),
    _of("Sourcegraph token", "sgp_", then=r"(?:[A-Za-z0-9]{5,16}_)?[A-Fa-f0-9]{40}"),
    _of("Sonar token", "squ_", "sqp_", "sqa_", then=rf"[a-z0-9]{{40}}{_END}"),
    _of("Figma token", "figd_", then=r"[\w-]{40,}"),
    # clouds and hosts
    _of("DigitalOcean token", "dop_v1_", "doo_v1_", "dor_v1_", then=r"[A-Fa-f0-9]{64}"),
    _of(
        "AWS key",
        *("AKIA", "ASIA", "ABIA", "ACCA"),
        then=rf"[A-Z2-7]{{16}}{_END}",
        start=_START_OF_BASE64,
    ),
    _of("AWS key", "A3T", then=rf"[A-Z0-9][A-Z2-7]{{16}}{_END}", start=_START_OF_BASE64),
    _of("AWS Bedrock key", "ABSK", then=r"[A-Za-z0-9+/]{109,269}={0,2}", start=_START_OF_BASE64),
    _of("AWS Bedrock key", "bedrock-api-key-", then=r"[A-Za-z0-9+/=_-]{20,}"),
    _of("Google API key", "AIza", then=rf"[\w-]{{35}}{_END}", start=_START_OF_BASE64),
    _of("Google secret", "GOCSPX-", then=r"[\w-]{24,}"),
    _of("Google token", "ya29.", then=r"[\w-]{20,}"),
    _of("Alibaba key", "LTAI", then=rf"[A-Za-z0-9]{{20}}{_END}", start=_START_OF_BASE64),
    Shape("Azure secret", ("Q~",), r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}"),
    _of("Yandex key", "AQVN", then=rf"[\w-]{{35,38}}{_END}", start=_START_OF_BASE64),
    _of("Yandex token", "t1.", then=r"[\w-]{1,1024}={0,2}\.[\w-]{86}={0,2}"),
    _of("Heroku key", "HRKU-AA", then=r"[\w-]{58}"),
    _of("Fly.io token", "fo1_", then=r"[\w-]{43}"),
    _of("Fly.io token", "fm1a_", "fm1r_", "fm2_", then=r"[A-Za-z0-9+/]{100,}={0,3}"),
    _of("Netlify token", "nfp_", then=r"[A-Za-z0-9]{36,}"),
    _of("Scalingo token", "tk-us-", then=r"[\w-]{48}"),
    _of("Databricks token", "dapi", then=rf"[a-f0-9]{{32}}(?:-\d)?{_END}"),
    _of("ClickHouse key", "4b1d", then=rf"[A-Za-z0-9]{{38}}{_END}", start=_START_OF_BASE64),
    _of("PlanetScale secret", "pscale_tkn_", "pscale_oauth_", "pscale_pw_", then=r"[\w=.-]{32,}"),
    _of("Supabase token", "sbp_", "sb_secret_", then=r"\w{20,}"),
    _of("Tailscale key", "tskey-", then=r"[a-z]+-[\w-]{20,}"),
    _of("Cloudflare key", "v1.0-", then=r"[a-f0-9]{24}-[a-f0-9]{146}"),
    _of("OpenShift token", "sha256~", then=r"[\w-]{43}"),
    _of("Doppler token", "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", then=r"[A-Za-z0-9.]{40,}"),
    _of("Defined Networking token", "dnkey-", then=r"[\w=-]{26}-[\w=-]{52}"),
    # what deploys and watches
    _of("Vault token", "hvs.", "hvb.", "hvr.", then=r"[\w-]{80,320}"),
    Shape("Terraform token", (".atlasv1.",), rf"{_START}[A-Za-z0-9]{{14}}\.atlasv1\.[\w=-]{{60,70}}"),
    _of("Pulumi token", "pul-", then=rf"[a-f0-9]{{40}}{_END}"),
    _of("Harness token", "pat.", "sat.", then=r"[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"),
    _of("Octopus key", "API-", then=rf"[A-Z0-9]{{26}}{_END}"),
    _of("Infracost token", "ico-", then=rf"[A-Za-z0-9]{{32}}{_END}"),
    _of("Prefect token", "pnu_", then=rf"[A-Za-z0-9]{{36}}{_END}"),
    _of("Grafana key", "eyJrIjoi", then=r"[A-Za-z0-9]{70,400}={0,3}", start=_START_OF_BASE64),
    _of("Grafana token", "glc_", then=r"[A-Za-z0-9+/]{32,400}={0,3}"),
    _of("Grafana token", "glsa_", then=r"[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    _of("Dynatrace token", "dt0c01.", "dt0s01.", then=r"[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    _of("New Relic key", "NRAK-", "NRII-", "NRJS-", then=r"[A-Za-z0-9-]{19,40}"),
    _of("Sentry token", "sntryu_", then=r"[a-f0-9]{64}"),
    _of("Sentry token", "sntrys_", then=r"[A-Za-z0-9+/=_-]{40,}"),
    # money
    _of(
        "Stripe key",
        *("sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_", "whsec_"),
        then=r"[A-Za-z0-9+/=]{10,255}",
    ),
    _of("Square token", "EAAA", then=r"[\w-]{22,64}(?![\w+/=-])", start=_START_OF_BASE64),
    _of("Square token", "sq0atp-", "sq0csp-", then=r"[\w-]{22,60}"),
    _of("Shopify token", "shpat_", "shpca_", "shppa_", "shpss_", then=r"[A-Fa-f0-9]{32}"),
    _of("Shippo token", "shippo_live_", "shippo_test_", then=r"[A-Fa-f0-9]{40}"),
    _of("Flutterwave key", "FLWSECK_TEST-", "FLWPUBK_TEST-", "FLWSECK-", then=r"[A-Za-z0-9]{12,32}(?:-X)?"),
    _of("Plaid token", "access-sandbox-", "access-development-", "access-production-", then=_UUID),
    _of("EasyPost key", "EZAK", "EZTK", then=rf"[A-Za-z0-9]{{54}}{_END}", start=_START_OF_BASE64),
    _of("Duffel token", "duffel_test_", "duffel_live_", then=r"[\w=-]{43}"),
    _of("GoCardless token", "live_", then=r"[\w=-]{40}(?![\w=-])"),
    _of("Lob key", "live_", "test_", "live_pub_", "test_pub_", then=rf"(?:[a-f0-9]{{35}}|[a-f0-9]{{31}}){_END}"),
    # mail and messages
    _of("SendGrid key", "SG.", then=r"[\w=-]{16,40}\.[\w=-]{16,60}"),
    _of("SendGrid key", "SG.", then=r"[\w=.-]{66}"),
    _of("Sendinblue key", "xkeysib-", "xsmtpsib-", then=r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    Shape("Mailchimp key", ("-us",), rf"{_START}[a-f0-9]{{32}}-us\d{{1,2}}{_END}"),
    _of("Slack token", "xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.", then=r"[\w.-]{8,255}"),
    _of("Slack token", "xapp-", then=r"\d-[\w-]{6,255}"),
    Shape("Slack webhook", ("hooks.slack.com/",), r"hooks\.slack\.com/[a-z]+/(?P<secret>[A-Za-z0-9+/]{30,90})"),
    Shape("Discord webhook", ("/api/webhooks/",), r"/api/webhooks/\d{5,25}/(?P<secret>[\w-]{20,})"),
    Shape("Teams webhook", (".webhook.office.com/",), r"\.webhook\.office\.com/(?P<secret>[\w@/-]{80,300})"),
    Shape("Telegram token", (":A",), r"(?<![\w:.-])\d{5,16}:A[\w-]{34}(?![\w-])"),
    _of("Twilio key", "SK", then=rf"[0-9a-fA-F]{{32}}{_END}", start=_START_OF_BASE64),
    _of("Facebook token", "EAAM", "EAAC", "EAAB", then=r"[A-Za-z0-9]{100,}", start=_START_OF_BASE64),
    Shape("Facebook token", ("|", "%7C"), rf"{_START}\d{{15,16}}(?:\||%7C)[A-Za-z0-9_-]{{27,40}}(?![\w-])"),
    # models
    _of("Anthropic key", "sk-ant-", then=r"[\w-]{32,}"),
    _of("OpenAI key", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-v1-", then=r"[\w-]{32,}"),
    _of("OpenAI key", "sk-", then=r"(?=[A-Za-z]{0,47}\d)[A-Za-z0-9]{40,64}" + _END),
    _of("Hugging Face token", "hf_", "api_org_", then=rf"[A-Za-z0-9]{{34,40}}{_END}"),
    _of("Perplexity key", "pplx-", then=r"[A-Za-z0-9]{48}"),
    _of("Groq key", "gsk_", then=rf"[A-Za-z0-9]{{52}}{_END}"),
    _of("Replicate token", "r8_", then=rf"[A-Za-z0-9]{{37}}{_END}"),
    # everything else
    _of("1Password key", "A3-", then=rf"[A-Z0-9]{{6}}-[A-Z0-9]{{5,6}}-?[A-Z0-9]{{5}}(?:-[A-Z0-9]{{5}}){{3}}{_END}"),
    _of("1Password token", "ops_eyJ", then=r"[A-Za-z0-9+/=_-]{250,}"),
    _of("age key", "AGE-SECRET-KEY-1", then=r"[A-Z0-9]{58}"),
    _of("Adobe secret", "p8e-", then=rf"[A-Za-z0-9]{{32}}{_END}"),
    _of("Airtable token", "pat", then=rf"[A-Za-z0-9]{{14}}\.[a-f0-9]{{64}}{_END}"),
    Shape(
        "Authress key",
        (".acc_", ".acc-"),
        rf"{_START}[a-z]{{2,8}}_[a-z0-9]{{5,30}}\.[a-z0-9]{{4,6}}\.acc[_-][a-z0-9-]{{10,32}}\.[\w+/=-]{{30,120}}",
    ),
    _of("Contentful token", "CFPAT-", then=r"[\w-]{40,}"),
    _of("Dropbox token", "sl.", then=r"[\w=-]{130,}"),
    _of("Frame.io token", "fio-u-", then=r"[\w=-]{64}"),
    _of("Intra42 secret", "s-s4t2ud-", "s-s4t2af-", then=r"[a-f0-9]{64}"),
    _of("Linear key", "lin_api_", "lin_oauth_", then=r"[A-Za-z0-9]{40,}"),
    _of("Mapbox token", "pk.", "sk.", "tk.", then=r"[A-Za-z0-9_-]{60,}\.[A-Za-z0-9_-]{22}"),
    Shape("MaxMind key", ("_mmk",), rf"{_START}[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}}_mmk{_END}"),
    _of("Notion token", "ntn_", "secret_", then=rf"[A-Za-z0-9]{{43,50}}{_END}"),
    _of("Postman key", "PMAK-", then=r"[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}"),
    _of("ReadMe key", "rdme_", then=r"[a-z0-9]{70}"),
    _of("SettleMint token", "sm_aat_", "sm_pat_", "sm_sat_", then=r"[A-Za-z0-9]{16}"),
    _of("Typeform token", "tfp_", then=r"[\w.=-]{40,}"),
    # what many services make
    _of(
        "JSON web token",
        "eyJ",
        then=r"[\w+/-]{14,}\.[\w+/=-]{10,}(?:\.[\w+/=-]{0,1024}){0,4}",
        start="(?<![A-Za-z0-9+/_-])",
    ),
    Shape("JSON web token", (".ey",), rf"{_START_OF_ANY}ey[\w-]{{16,}}\.ey[\w/-]{{16,}}(?:\.[\w/=-]{{0,1024}})?"),
    _of("JSON web token", "ZXlK", then=r"[A-Za-z0-9+/=_-]{40,}", start=_START_OF_ANY),
    _of(
        "private key",
        *(_in_base64(f"-----BEGIN {label}PRIVATE KEY") for label in _LABELS),
        then=r"[A-Za-z0-9+/=]{20,}",
        start=_START_OF_ANY,
    ),
    _of("registry log-in", "eyJhdXRocyI6", then=r"[A-Za-z0-9+/=_-]{20,}", start=_START_OF_ANY),
)
