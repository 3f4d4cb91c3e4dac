"""Which pages /docs has: those of docs/, and one for each resource of /v1. A new file of docs/api or docs/guides is a new page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ROOT: Final = Path(settings.BASE_DIR)
DOCS: Final = ROOT / "docs"

# A resource whose words are on another's page, or on none of docs/api.
_WORDS_OF: Final = {"webhook_deliveries": "webhook_endpoints", "openapi": "errors"}
_GUIDES: Final = ("first-call", "webhooks", "sockets", "sip", "twilio", "self-hosting")
# What holds for all resources comes before them, what is no resource after them.
_BEFORE: Final = ("keys", "errors")
_AFTER: Final = ("feed",)
_SDKS: Final = ("python", "javascript", "cli")
_MORE: Final = (
    *("clients", "talk", "live-control", "transfer", "voicemail-and-keys", "compliance", "billing"),
    *("settings", "capacity", "security", "architecture"),
)
_LABELS: Final = {
    "keys": "Authentication",
    "errors": "Errors and limits",
    "account": "Account",
    "webhook_endpoints": "Webhook endpoints",
    "webhook_deliveries": "Webhook deliveries",
    "openapi": "Descriptions",
    "feed": "Live feed",
    "events": "Webhook events",
    "clients": "Without an SDK",
    "talk": "Talks in the browser",
    "live-control": "Taking a call over",
    "sdk-python": "Python",
    "sdk-javascript": "JavaScript",
    "sdk-cli": "Command line",
}


@dataclass(frozen=True)
class Page:
    """A page of /docs. `resource` is the tag of its operations in the description of /v1."""

    name: str
    path: str
    source: Path
    label: str
    resource: str = ""

    @property
    def url(self) -> str:
        return f"/{self.path}"

    @property
    def url_name(self) -> str:
        return f"docs_{self.name}".replace("-", "_")

    @property
    def is_guide(self) -> bool:
        return self.path.startswith("docs/guides/")


@dataclass(frozen=True)
class Group:
    label: str | Promise
    pages: tuple[Page, ...]


def _title(source: Path) -> str:
    return source.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _page(folder: str, name: str, source: Path, *, resource: str = "", prefix: str = "") -> Page:
    label = _LABELS.get(prefix + name) or _title(source)
    return Page(prefix + name, f"{folder}/{name}", source, label, resource)


def _api(name: str) -> Page:
    source = DOCS / f"api/{_WORDS_OF.get(name, name)}.md"
    return _page("docs/api", name, source, resource="" if name in (*_BEFORE, *_AFTER) else name)


def _resources() -> list[str]:
    written = {path.stem for path in (DOCS / "api").glob("*.md")}
    return sorted((written | set(_WORDS_OF)) - {*_BEFORE, *_AFTER}, key=lambda name: (name == "openapi", name))


GROUPS: Final = (
    Group(_("Guides"), tuple(_page("docs/guides", n, DOCS / f"guides/{n}.md", prefix="guide-") for n in _GUIDES)),
    Group(
        _("API"),
        (
            *(_api(name) for name in (*_BEFORE, *_resources())),
            _api("feed"),
            _page("docs/api", "events", DOCS / "webhooks.md"),
        ),
    ),
    Group(
        _("SDKs and command line"), tuple(_page("docs/sdks", n, DOCS / f"sdks/{n}.md", prefix="sdk-") for n in _SDKS)
    ),
    Group(_("In depth"), tuple(_page("docs", name, DOCS / f"{name}.md") for name in _MORE)),
)
PAGES: Final = {page.name: page for group in GROUPS for page in group.pages}
_BY_SOURCE: Final = {page.source: page for page in reversed(PAGES.values()) if page.name not in _WORDS_OF}
# Read by programs: the server's own stands for the file.
_DESCRIPTIONS: Final = {DOCS / "openapi.yaml": "/v1/openapi.json", DOCS / "asyncapi.yaml": "/v1/asyncapi.json"}


def address(link: str, *, source: Path) -> str:
    """Where a link of a file leads to on the site; empty where the site has no such page."""
    if link.startswith(("https://", "http://", "mailto:", "/")):
        return link
    target, _hash, heading = link.partition("#")
    if not target:
        return link
    found = (source.parent / target).resolve()
    if found in _DESCRIPTIONS:
        return _DESCRIPTIONS[found]
    if found not in _BY_SOURCE:
        return ""
    return _BY_SOURCE[found].url + (f"#{heading}" if heading else "")
