# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m speech --port N`: load the voices, listen, and stop in order on TERM or INT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from speech.pool import Pool
from speech.server import MAX_REQUESTS, Speaker, make_app
from speech.voices import load_voices

log = logging.getLogger("speech")


def main() -> None:
    parser = argparse.ArgumentParser(prog="speech", description="Text in, spoken audio out, over HTTP.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--threads", type=int, default=1, help="threads a model uses for one piece of speech")
    parser.add_argument("--workers", type=int, default=2, help="pieces of speech made at once")
    parser.add_argument("--max-requests", type=int, default=MAX_REQUESTS, help="more than these get a 503")
    options = parser.parse_args()

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(serve(options))
    except OSError as error:
        # Most likely a port that is taken: one line says it.
        sys.exit(f"speech cannot listen on {options.host}:{options.port}: {error.strerror}")


async def serve(options: argparse.Namespace) -> None:
    # Listening is the sign of being ready, so the voices come first.
    voices = await asyncio.to_thread(load_voices, threads=options.threads)
    with Pool(workers=options.workers) as pool:
        speaker = Speaker(voices=voices, pool=pool, max_requests=options.max_requests)
        # Without handler_cancellation a client that left would be spoken to until the end.
        runner = web.AppRunner(
            make_app(speaker), access_log=None, handle_signals=False, handler_cancellation=True, shutdown_timeout=2
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, options.host, options.port).start()
            _say_ready()
            log.info("ready voices=%s", ",".join(voices))
            await _told_to_stop()
        finally:
            await runner.cleanup()


def _say_ready() -> None:
    ready_file = os.environ.get("VA_READY_FILE")
    if ready_file:
        Path(ready_file).touch()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    await stop.wait()


if __name__ == "__main__":
    main()
