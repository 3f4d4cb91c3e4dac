"""Where keys are kept: one file in the user's configuration, which nobody else may read."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

from vaniagent.errors import ConfigurationError

DEFAULT = "default"
FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


@dataclass(frozen=True)
class Profile:
    """A key, and where it is good."""

    name: str
    api_key: str
    base_url: Optional[str] = None
    account: str = ""

    def __repr__(self) -> str:
        return f"Profile(name={self.name!r}, api_key={masked(self.api_key)!r}, base_url={self.base_url!r})"


def masked(api_key: str) -> str:
    """A key as it may be shown: what kind it is, and its last four characters, as the dashboard shows it."""
    kind = api_key[:8] if api_key.startswith(("va_live_", "va_test_")) else ""
    return f"{kind}…{api_key[-4:]}" if len(api_key) >= 16 else f"{kind}…"


def path() -> Path:
    """`vaniagent/credentials.json` in XDG_CONFIG_HOME, or ~/.config."""
    if os.name == "nt":
        base = os.environ.get("APPDATA") or str(Path.home())
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "vaniagent" / "credentials.json"


def find(name: str) -> Optional[Profile]:
    fields = _read().get(name)
    if fields is None:
        return None
    return Profile(name, str(fields.get("api_key", "")), fields.get("base_url"), str(fields.get("account", "")))


def names() -> List[str]:
    return sorted(_read())


def store(profile: Profile) -> Path:
    fields = asdict(profile)
    del fields["name"]
    return _write({**_read(), profile.name: fields})


def forget(name: str) -> bool:
    """Forget a profile's key. False where there is none."""
    kept = _read()
    if kept.pop(name, None) is None:
        return False
    _write(kept)
    return True


def _read() -> Dict[str, Dict[str, Any]]:
    file = path()
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    profiles = kept.get("profiles") if isinstance(kept, dict) else None
    if not isinstance(profiles, dict):
        raise ConfigurationError(f"{file} is not as `vaniagent login` writes it: move it away, and log in again")
    return {name: fields for name, fields in profiles.items() if isinstance(fields, dict)}


def _write(profiles: Dict[str, Dict[str, Any]]) -> Path:
    """In one step, so that a full disk or a Ctrl-C leaves the old file; never readable for others, not even meanwhile."""
    file = path()
    try:
        file.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        # mkstemp makes it 0600.
        handle, temporary = tempfile.mkstemp(dir=str(file.parent), prefix=".credentials-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as new:
                json.dump({"profiles": profiles}, new, indent=2)
                new.write("\n")
            os.chmod(temporary, FILE_MODE)
            os.replace(temporary, str(file))
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error}") from error
    return file
