from __future__ import annotations

import os
import subprocess

import pytest
from django.core import checks

from ops import lint


def _ids(*, deploy: bool = False) -> set[str | None]:
    return {
        message.id
        for message in checks.run_checks(include_deployment_checks=deploy)
        if message.id and message.id.startswith("vaniagent.")
    }


def test_the_defaults_are_right():
    assert _ids() == set()


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("PUBLIC_URL", "voice.example.com", "vaniagent.E001"),
        ("REDIS_URL", "localhost:6379", "vaniagent.E003"),
        ("LOG_FORMAT", "xml", "vaniagent.E004"),
        ("LLM_PROVIDER", "oracle", "vaniagent.E005"),
        ("STRIPE_SECRET_KEY", "sk_test_secret", "vaniagent.E006"),
    ],
)
def test_a_mistake_is_said_with_a_hint(settings, name, value, fault):
    setattr(settings, name, value)

    found = [message for message in checks.run_checks(tags=None) if message.id == fault]

    assert len(found) == 1
    assert found[0].hint


def test_only_postgresql_will_do(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")

    assert _ids() == {"vaniagent.E002"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"PUBLIC_URL": "https://voice.example.com", "WEBHOOKS_ALLOW_PRIVATE": True}, "vaniagent.W001"),
        ({"PUBLIC_URL": "http://voice.example.com"}, "vaniagent.W002"),
        ({"PUBLIC_URL": "https://voice.example.com", "SECURE_SSL_REDIRECT": True}, "vaniagent.W004"),
        ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}, "vaniagent.W005"),
    ],
)
def test_a_deployment_is_looked_at_harder(settings, changes, fault):
    for name, value in changes.items():
        setattr(settings, name, value)

    assert fault in _ids(deploy=True)
    assert fault not in _ids()


def test_production_as_documented_has_nothing_to_mend():
    (deployment,) = [check for check in lint.CHECKS if check.name == "deployment"]

    done = subprocess.run(
        deployment.argv, cwd=lint.BASE_DIR, env={**os.environ, **lint.PRODUCTION}, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues (0 silenced)" in done.stdout
