"""A call outlives its worker. The figures over many kills are `make drill`'s; here it is shown to be so."""

from __future__ import annotations

from ops.customer import Customer
from ops.drill_talks import faults_of
from ops.leftovers import left_over
from ops.stack import Stack
from ops.takeover import survive


def test_the_other_worker_goes_on(stack: Stack, customer: Customer, agent_id: str, tmp_path):
    survival = survive(stack, customer, agent_id, after_turn=2, delay=0.5, folder=tmp_path)

    assert faults_of(survival) == []
    assert sum(speaker == "agent" for speaker, _ in survival.turns) >= 3
    assert left_over(stack) == []


def test_the_leg_waits_until_a_worker_is_back(stack: Stack, customer: Customer, agent_id: str, tmp_path):
    survival = survive(stack, customer, agent_id, after_turn=2, delay=0.5, folder=tmp_path, both=True)

    assert faults_of(survival) == []
    assert left_over(stack) == []
