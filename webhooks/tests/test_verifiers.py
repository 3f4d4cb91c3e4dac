"""Every delivery of the real sender is accepted by the published verifiers, whatever the metadata holds."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.db import connection

from accounts.models import Account
from vaniagent.lib import json_wire
from webhooks import event_types, services
from webhooks.models import Attempt, Delivery
from webhooks.services import sending
from webhooks.tests import verifiers

HOSTILE = [
    b"{}",
    b'{"a": 1.0, "b": -0, "c": 1e-7, "d": 1e-5, "e": 100e-2, "f": 123456789.125, "g": 5e-324, "h": 0.1, "i": -0.0}',
    b'{"big": 9007199254740991, "small": -9007199254740991, "half": 4503599627370496.5}',
    b'{"z": 1, "10": 2, "9": 3, "01": 4, "-1": 5, "4294967294": 6, "4294967295": 7, "": 8, "a": {"2": 1, "1": 2}}',
    '{"é": "naïve", "日本": "語", "😀": "👩‍👩‍👧‍👦", "rtl": "שלום\u202e", "nbsp": "\u00a0\u2028\u2029\ufeff"}'.encode(),
    b'{"escapes": "\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u0001 \\u001f \\u007f \\u0080 \\ud83d\\ude00 \\uffff"}',
    b'{"html": "</script><!-- & \' < > %00 + ", "key with \\"quotes\\" and \\\\": null, "toString": 1, "hasOwnProperty": {}}',
    b'{"constructor": {"name": "x"}, "prototype": 1, "dup": 1, "dup": 2, "deep": [[[[[{"x": [true, false, null]}]]]]]}',
    b'{"long": "' + b"x" * 16_000 + b'"}',
]


@pytest.mark.parametrize("start", [verifiers.flask, verifiers.node_server, verifiers.standard_python])
def test_a_published_verifier_accepts_every_delivery(account: Account, now: datetime, start: verifiers.Start) -> None:
    deliver_all(account, now, start)

    answers = Attempt.objects.order_by("pk").values_list("status_code", "response")
    assert list(answers) == [(200, "call.completed")] * len(HOSTILE)
    assert Delivery.objects.filter(status=Delivery.Status.SUCCEEDED).count() == len(HOSTILE)


@pytest.mark.parametrize("start", [verifiers.flask, verifiers.node_server, verifiers.standard_python])
def test_a_verifier_with_another_secret_refuses(account: Account, now: datetime, start: verifiers.Start) -> None:
    deliver_all(account, now, start, change_secret=True)

    assert set(Attempt.objects.values_list("status_code", flat=True)) == {401}


@pytest.mark.system
@pytest.mark.parametrize("start", [verifiers.express_4, verifiers.express_5, verifiers.standard_javascript])
def test_a_library_of_npm_accepts_every_delivery(account: Account, now: datetime, start: verifiers.Start) -> None:
    deliver_all(account, now, start)

    answers = Attempt.objects.order_by("pk").values_list("status_code", "response")
    assert list(answers) == [(200, "call.completed")] * len(HOSTILE)


def deliver_all(account: Account, at: datetime, start: verifiers.Start, *, change_secret: bool = False) -> None:
    """Let one endpoint hear an event for each of the metadata, as the database gives it back."""
    endpoint = services.create_endpoint(account=account, url="http://127.0.0.1/hook", events=event_types.NAMES)
    with start("whsec_another" if change_secret else endpoint.secret) as url:
        services.update_endpoint(endpoint=endpoint, url=url)
        for body in HOSTILE:
            metadata = json_wire.loads(body)
            json_wire.check_metadata(metadata)
            services.record_event(
                account=account,
                event_type="call.completed",
                subject="call_1",
                data={"call_id": "call_1", "metadata": through_jsonb(metadata)},
                at=at,
            )
        sending.Sender().run()


def through_jsonb(value: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [json.dumps(value)])
        stored: object = json.loads(cursor.fetchone()[0])
    return stored
