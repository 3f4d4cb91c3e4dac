"""`transfers`: whom an agent may transfer calls to, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from agents import transfers
from agents.models import Agent

SALES = {"name": "Sales", "to": "+14155552671", "mode": "warm", "when": "the caller wants to buy"}


def test_what_is_left_out_has_a_default() -> None:
    (sales,) = transfers.read([{"name": " Sales  team ", "to": "+14155552671"}])

    assert sales.as_json() == {
        "name": "Sales team",
        "to": "+14155552671",
        "mode": "cold",
        "via": "bridge",
        "when": "",
        "announcement": None,
        "record": True,
    }
    assert transfers.read([sales.as_json()]) == (sales,)


@pytest.mark.parametrize(
    "to",
    ["+14155552671", "+493090182000", "+15005550001", "sip:sales@pbx.example.com", "sip:100@192.0.2.7:5070"],
)
def test_ordinary_numbers_and_addresses_are_taken(to: str) -> None:
    assert transfers.read([{"name": "Sales", "to": to}])[0].to == to


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("+19005550100", "premium"),
        ("+4990012345678", "premium"),
        ("+448712345678", "premium"),
        ("+881612345678", "premium"),
        ("+882161234567", "premium"),
        ("+97912345678", "premium"),
        ("+15551234567", "unknown"),
        ("+9991234567", "No country"),
        ("14155552671", "phone number"),
        ("+1415555267a", "phone number"),
        ("tel:+14155552671", "phone number"),
        ("sip:sales", "SIP address"),
        ("sip:sales@pbx.example.com;transport=tcp", "SIP address"),
        ("sip:sales@pbx.example.com?Replaces=1", "SIP address"),
        ("sip:a b@pbx.example.com", "SIP address"),
        ("sip:sales@pbx.example.com\r\nX-Evil: 1", "SIP address"),
        ("sips:sales@pbx.example.com", "phone number"),
    ],
)
def test_what_costs_dear_or_leads_elsewhere_is_refused(to: str, why: str) -> None:
    with pytest.raises(transfers.BadTransfers, match=why):
        transfers.read([{"name": "Sales", "to": to}])


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"name": "<hangup>"},
        {"name": "a\x00b"},
        {"mode": "hot"},
        {"via": "pigeon"},
        {"mode": "warm", "via": "refer"},
        {"when": "x" * 301},
        {"announcement": "x" * 501},
    ],
)
def test_other_nonsense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(transfers.BadTransfers):
        transfers.read([SALES | changes])


def test_at_most_ten_and_each_name_once() -> None:
    ten = [SALES | {"name": f"Team {number}"} for number in range(10)]

    assert len(transfers.read(ten)) == 10
    with pytest.raises(transfers.BadTransfers, match="At most 10"):
        transfers.read([*ten, SALES])
    with pytest.raises(transfers.BadTransfers, match="same name"):
        transfers.read([SALES, SALES | {"name": "SALES"}])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"name": " sales "}, "Sales"),
        ({"to": "+14155552671"}, "Sales"),
        ({"to": "SIP:100@PBX.example.com"}, "Desk"),
        ({"name": "Sale"}, None),
        ({"to": "+14155552672"}, None),
        ({"name": "", "to": ""}, None),
    ],
)
def test_only_what_is_named_is_found(wanted: dict[str, str], found: str | None) -> None:
    kept = [SALES, {"name": "Desk", "to": "sip:100@pbx.example.com"}]

    destination = transfers.find(kept, **wanted)

    assert (destination.name if destination else None) == found


def test_set_by_the_api(api: Any, agent: Agent) -> None:
    r = api.patch(f"/v1/agents/{agent.public_id}", {"transfers": [SALES]})

    assert r.status_code == 200
    assert r.json()["transfers"] == [
        SALES | {"via": "bridge", "announcement": None, "record": True},
    ]


@pytest.mark.parametrize(
    "bad",
    [
        [{"name": "Sales"}],
        [{"to": "+14155552671"}],
        [SALES | {"to": "+19005550100"}],
        [SALES | {"x": 1}],
        [SALES] * 11,
        "no",
    ],
)
def test_refused_by_the_api(api: Any, agent: Agent, bad: Any) -> None:
    r = api.patch(f"/v1/agents/{agent.public_id}", {"transfers": bad})

    assert r.status_code == 400
    assert r.json()["error"]["param"].startswith("transfers")
    agent.refresh_from_db()
    assert agent.current is not None
    assert agent.current.transfers == []
