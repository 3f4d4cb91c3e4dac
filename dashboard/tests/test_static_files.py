"""What pages link: collected under names with a hash, compressed, kept for long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dashboard.static_files import Storage

STATIC = Path(__file__).resolve().parents[2] / "static"


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Storage:
    """Two of our scripts, collected."""
    for name in (
        "js/site.js",
        "js/copy.js",
        "js/dialog.js",
        "js/menu.js",
        "js/messages.js",
        "js/once.js",
        "js/reader.js",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    storage = Storage(location=tmp_path, base_url="/static/")
    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.js")]
    assert all(
        not isinstance(done, Exception)
        for _, _, done in storage.post_process({name: (storage, name) for name in names})
    )
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    return storage


def test_modules_name_each_other_by_their_hashes(collected: Storage) -> None:
    script = Path(collected.path(collected.stored_name("js/site.js"))).read_text()

    assert f'import "./{Path(collected.stored_name("js/copy.js")).name}";' in script


def test_a_browser_keeps_them_for_long_and_gets_them_small(collected: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whitenoise.middleware.staticfiles_storage", collected)

    response = Client().get(collected.url("js/site.js", force=True), headers={"Accept-Encoding": "br"})

    assert response.headers["Content-Encoding"] == "br"
    assert response.headers["Content-Type"] == 'text/javascript; charset="utf-8"'
    assert "immutable" in response.headers["Cache-Control"]
    assert "Set-Cookie" not in response.headers


def test_what_was_not_collected_keeps_its_name() -> None:
    assert Storage(location="/nowhere", base_url="/static/").url("css/new.css", force=True) == "/static/css/new.css"


def test_before_files_are_collected_they_are_found(client: Client) -> None:
    assert client.get("/static/css/tokens.css").status_code == 200
