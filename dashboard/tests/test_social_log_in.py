"""Log-in by another site, with django-allauth's make-believe one. Which sites there are is read when a process starts: another one here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
VISIT = """
import json, re
from django.test import Client
from accounts.models import Membership, User

def browser():
    return Client(SERVER_NAME="127.0.0.1")

def come(client, process="login", **told):
    page = client.post(f"/accounts/dummy/login/?process={process}")
    return client.post(page.url, {"id": 7, **told}, follow=True)

new = browser()
told = {"log_in": new.get("/accounts/login/").content.decode(), "confirm": new.get("/accounts/dummy/login/").content.decode()}
asked = come(new, first_name="Ada")
told["asked"] = asked.content.decode()
new.post("/accounts/3rdparty/signup/", {"email": "ada@example.com"})
told["unverified"] = Membership.objects.count()

bob = User.objects.create_user("bob@example.com", "correct horse battery")
come(browser(), email="bob@example.com", email_verified="on", id=8)
told["accounts_of_bob"] = bob.socialaccount_set.count()

cy = come(browser(), email="cy@example.com", email_verified="on", id=9)
told["home"] = cy.content.decode()
told["workspaces_of_cy"] = Membership.objects.filter(user__email="cy@example.com", role="owner").count()
policies = [browser().get(path).headers["Content-Security-Policy"] for path in ("/accounts/dummy/login/", "/accounts/login/")]
told["forms_lead"] = [re.search("form-action ([^;]+)", policy)[1] for policy in policies]
own = cy.client
told["connections"] = own.get("/accounts/3rdparty/").content.decode()
print(json.dumps(told))
"""


@pytest.mark.django_db(transaction=True)
def test_people_come_by_another_site() -> None:
    told = _told()

    assert "Or go on with" in told["log_in"]
    assert "<h1>Go on with Dummy</h1>" in told["confirm"]
    assert "Dummy says who you are" in told["asked"]
    # The form of the first is answered by a redirect to the other site.
    assert ["https:" in places.split() for places in told["forms_lead"]] == [True, False]
    # What a site says of an address that it has not seen proves nothing.
    assert told["unverified"] == 0
    assert told["accounts_of_bob"] == 0
    assert told["workspaces_of_cy"] == 1
    assert re.search(r"<h1[^>]*>\s*Log-in by other sites", told["connections"])
    assert "Remove" in told["connections"]


def _told() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-v", "0", "-c", VISIT],
        cwd=ROOT,
        env={**os.environ, "SOCIAL_LOGIN": '{"dummy": {}}', "DATABASE_URL": _address()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _address() -> str:
    server, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    return f"{server}/{connection.settings_dict['NAME']}"
