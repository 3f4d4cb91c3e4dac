"""Metadata that nobody thought of: whatever Hypothesis makes up is delivered, and every verifier accepts it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from vaniagent.lib import json_wire
from vaniagent.tests.test_json_wire_writing import AWKWARD_TEXTS, INDEX_LIKE_KEYS, NUMBERS, TEXTS
from webhooks import event_types, services
from webhooks.models import Attempt, Event
from webhooks.services import sending
from webhooks.tests import verifiers
from webhooks.tests.test_verifiers import through_jsonb

# Of one example: each is delivered to every verifier.
AT_ONCE = 20


def read(metadata: Any) -> Any:
    """What /v1 reads where a Python program sends this."""
    return json_wire.loads(json.dumps(metadata).encode())


def allowed(metadata: Any) -> bool:
    """Whether POST /v1/calls takes it, and reads it as it was meant."""
    try:
        json_wire.check_metadata(read(metadata))
    except json_wire.WireError:
        return False
    return True


TAKEN_NUMBERS = NUMBERS.filter(lambda number: number % 1 != 0 or abs(number) <= json_wire.MAX_SAFE_INTEGER)
VALUES = st.recursive(
    st.none() | st.booleans() | TAKEN_NUMBERS | TEXTS | AWKWARD_TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS | INDEX_LIKE_KEYS, inner, max_size=8),
    max_leaves=20,
)
METADATA = st.dictionaries(TEXTS | INDEX_LIKE_KEYS, VALUES, max_size=8).filter(allowed)


def deliver_and_verify(account: Account, at: datetime, metadata: list[Any], starts: list[verifiers.Start]) -> None:
    Event.objects.all().delete()
    account.webhook_endpoints.all().delete()
    with ExitStack() as running:
        for start in starts:
            endpoint = services.create_endpoint(account=account, url="http://127.0.0.1/hook", events=event_types.NAMES)
            services.update_endpoint(endpoint=endpoint, url=running.enter_context(start(endpoint.secret)))
        for number, each in enumerate(metadata):
            services.record_event(
                account=account,
                event_type="call.completed",
                subject=f"call_{number}",
                data={"call_id": f"call_{number}", "metadata": through_jsonb(read(each))},
                at=at,
            )
        sending.Sender().run()

    answers = Attempt.objects.values_list("status_code", "response")
    assert list(answers) == [(200, "call.completed")] * (len(metadata) * len(starts))


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(metadata=st.lists(METADATA, min_size=AT_ONCE, max_size=AT_ONCE))
def test_every_verifier_accepts_it(account: Account, now: datetime, metadata: list[Any]) -> None:
    starts = [verifiers.flask, verifiers.node_server, verifiers.standard_python]

    deliver_and_verify(account, now, metadata, starts)


@pytest.mark.system
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(metadata=st.lists(METADATA, min_size=AT_ONCE, max_size=AT_ONCE))
def test_every_library_of_npm_accepts_it(account: Account, now: datetime, metadata: list[Any]) -> None:
    starts = [verifiers.express_4, verifiers.express_5, verifiers.standard_javascript]

    deliver_and_verify(account, now, metadata, starts)
