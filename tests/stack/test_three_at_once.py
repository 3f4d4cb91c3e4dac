"""Three talks at once on two cores do not stutter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ops.customer import Customer
from ops.listening import listen
from ops.takeover import LINES

MOST_GAP_MS = 60


def test_no_holes_inside_sentences(customer: Customer, agent_id: str, tmp_path):
    def holes(number: int) -> list[int]:
        call = customer.place_call(agent_id, to_number=f"+1415555020{number}", sandbox={"lines": LINES})
        customer.wait_for_end(call["id"], seconds=180)
        call = customer.wait_for_analysis(call["id"], seconds=90)
        return listen(customer.download_recording(call, tmp_path)).holes_ms()

    with ThreadPoolExecutor(3) as pool:
        found = [hole for holes_of_call in pool.map(holes, range(3)) for hole in holes_of_call]

    assert not found or np.percentile(found, 99) <= MOST_GAP_MS
