"""Models: typed where a field is known, as it came where it is not."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timezone

import pytest

from vaniagent.models import Call, CallSummary, Transcript
from vaniagent.models.feed import CallEnded, TranscriptUpdate, UnknownFeedEvent, feed_event

DATA = {
    "id": "call_1",
    "status": "completed",
    "created_at": "2024-01-15T10:35:00Z",
    "completed_at": None,
    "latency": {"heard_p50_ms": 820, "turns": 9, "new_in_it": 1},
    "metadata": {"id": {"deep": [1]}},
    "new_field": {"a": [1]},
}


def test_known_fields_have_their_types():
    call = Call(DATA)

    assert call.created_at == datetime(2024, 1, 15, 10, 35, tzinfo=timezone.utc)
    assert call.completed_at is None
    assert call.latency.turns == 9
    assert call.metadata == {"id": {"deep": [1]}}
    assert call.has_ended


def test_unknown_fields_are_kept():
    call = Call(DATA)

    assert call.new_field == {"a": [1]}
    assert call.latency.new_in_it == 1
    assert call["new_field"] == {"a": [1]}
    assert "new_field" in call
    assert call.to_dict() == DATA


def test_a_field_that_did_not_come_is_an_error():
    with pytest.raises(AttributeError):
        _ = Call(DATA).cost


def test_calls_of_lists_are_calls_without_what_was_said():
    call = CallSummary(DATA)

    assert isinstance(call, Call)
    assert call.transcript is None


def test_lists_of_models():
    transcript = Transcript({"call_id": "call_1", "turns": [{"number": 1, "created_at": "2024-01-15T10:35:00Z"}]})

    assert transcript.turns[0].created_at.year == 2024


def test_a_time_of_another_form_stays_text():
    assert Call({**DATA, "created_at": "yesterday"}).created_at == "yesterday"


def test_models_can_be_compared_copied_and_pickled():
    call = Call(DATA)

    assert call == Call(dict(DATA))
    assert call != Call({**DATA, "id": "call_2"})
    assert copy.deepcopy(call) == call
    assert pickle.loads(pickle.dumps(call)) == call  # noqa: S301 - of our own


def test_feed_events_have_the_class_of_their_type():
    said = feed_event({"type": "transcript.update", "text": "Hello.", "is_final": True, "seq": 3})
    ended = feed_event({"type": "call.failed", "duration": 0, "ended_reason": "busy"})
    new = feed_event({"type": "call.sneezed", "loudness": 3})

    assert isinstance(said, TranscriptUpdate)
    assert (said.was_interrupted, said.seq) == (False, 3)
    assert isinstance(ended, CallEnded)
    assert ended.seq is None
    assert isinstance(new, UnknownFeedEvent)
    assert new.loudness == 3
