"""What a client is told when it is made, and what every request of it looks like."""

from __future__ import annotations

import os
import platform
import uuid
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Union
from urllib.parse import urlsplit

import httpx

from vaniagent.errors import ConfigurationError
from vaniagent.version import __version__

BASE_URL = "https://api.vaniagent.com/v1"
TIMEOUT = 30.0
MAX_RETRIES = 3
USER_AGENT = f"vaniagent-python/{__version__} ({platform.python_implementation()} {platform.python_version()})"


@dataclass(frozen=True)
class Settings:
    """How a client reaches the API."""

    api_key: str = field(repr=False)
    base_url: str
    timeout: Union[float, httpx.Timeout]
    max_retries: int
    headers: Mapping[str, str] = field(repr=False)

    @property
    def feed_url(self) -> str:
        """Where the live feed is."""
        return f"ws{self.base_url[len('http') :]}/ws"

    def changed(
        self,
        *,
        timeout: Union[float, httpx.Timeout, None],
        max_retries: Optional[int],
        headers: Optional[Mapping[str, str]],
    ) -> Settings:
        """The same but for what is given; headers are added."""
        return make_settings(
            api_key=self.api_key,
            base_url=self.base_url,
            timeout=self.timeout if timeout is None else timeout,
            max_retries=self.max_retries if max_retries is None else max_retries,
            headers={**self.headers, **(headers or {})},
        )


@dataclass(frozen=True)
class Request:
    """One thing asked of the API, however often it has to be sent."""

    method: str
    path: str
    query: Mapping[str, Any]
    body: Optional[Mapping[str, Any]]
    idempotency_key: Optional[str]

    def headers(self, settings: Settings) -> Dict[str, str]:
        """Those of every attempt: a repeated POST has the key of the first."""
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **settings.headers}
        headers["Authorization"] = f"Bearer {settings.api_key}"
        if self.method == "POST":
            headers["Idempotency-Key"] = self.idempotency_key or str(uuid.uuid4())
        return headers


def make_settings(
    *,
    api_key: Optional[str],
    base_url: Optional[str],
    timeout: Union[float, httpx.Timeout],
    max_retries: int,
    headers: Optional[Mapping[str, str]],
) -> Settings:
    """From arguments, and from the environment where there are none. Raises ConfigurationError."""
    if max_retries < 0:
        raise ConfigurationError("max_retries cannot be negative")
    return Settings(
        api_key=_checked_key(api_key if api_key is not None else os.environ.get("VANIAGENT_API_KEY", "")),
        base_url=_checked_url(base_url or os.environ.get("VANIAGENT_BASE_URL") or BASE_URL),
        timeout=timeout,
        max_retries=max_retries,
        headers=dict(headers or {}),
    )


def _checked_key(api_key: str) -> str:
    api_key = api_key.strip()
    if not api_key:
        raise ConfigurationError("There is no API key: pass api_key, or set VANIAGENT_API_KEY")
    # The words of whatever would refuse it later may hold the key.
    if not all("!" <= character <= "~" for character in api_key):
        raise ConfigurationError("The API key holds characters that no API key has")
    return api_key


def _checked_url(base_url: str) -> str:
    base_url = base_url.strip().rstrip("/")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError("base_url is not an http or https address such as https://api.vaniagent.com/v1")
    return base_url


def proxied(address: str) -> httpx.Proxy:
    """Raises ConfigurationError for what is no address; it may hold a password, and is not repeated."""
    try:
        return httpx.Proxy(address)
    except (ValueError, httpx.InvalidURL):
        raise ConfigurationError("proxy is not an address such as http://proxy.example:3128") from None
