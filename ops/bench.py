"""`make bench`: measures the product on this machine, part by part. ARGS names parts; without any, all are run.

python -m ops.bench voice        what callers wait for an answer, heard on the recordings of real calls
python -m ops.bench api          CPU of a request under /v1, beside two baselines; lists in a table of a million
python -m ops.bench feed         a thousand sockets that follow ten calls: memory of each, age of what they hear
python -m ops.bench sdk          a request through the SDKs, beside `requests` and `fetch` alone
python -m ops.bench deliveries   webhooks from a backlog, and whether a stuck endpoint makes others wait
python -m ops.bench pages        how soon pages are painted in a browser with 100,000 calls, and words on a live page
python -m ops.bench capacity     CPU and memory of a call, by the kind of its leg and by its speech services
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ops import bench_api, bench_capacity, bench_deliveries, bench_feed, bench_pages, bench_sdk, bench_voice

# Each part prints its table, and gives its figures for --json.
PARTS: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "voice": lambda options: bench_voice.run(calls=options.calls),
    "api": lambda options: bench_api.run(rows=options.rows),
    "feed": lambda options: bench_feed.run(sockets=options.sockets),
    "sdk": lambda options: bench_sdk.run(requests=options.requests),
    "deliveries": lambda options: bench_deliveries.run(events=options.events),
    "pages": lambda options: bench_pages.run(rows=options.page_rows),
    "capacity": lambda options: bench_capacity.run(at_once=options.at_once),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument(
        "--calls", type=int, default=6, help="voice: calls for each row (a multiple of three; default 6)"
    )
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="api: calls in the table (default 1,000,000; 0: CPU alone)"
    )
    parser.add_argument("--sockets", type=int, default=1_000, help="feed: sockets (default 1,000)")
    parser.add_argument("--events", type=int, default=10_000, help="deliveries: events (default 10,000)")
    parser.add_argument("--requests", type=int, default=2_000, help="sdk: requests by each (default 2,000)")
    parser.add_argument("--page-rows", type=int, default=100_000, help="pages: calls in the list (default 100,000)")
    parser.add_argument("--at-once", type=int, default=8, help="capacity: calls at once (default 8)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")

    figures = {}
    for name in options.parts or PARTS:
        print(f"\n== {name}\n", flush=True)
        figures[name] = PARTS[name](options)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
