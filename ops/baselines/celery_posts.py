"""A Celery task for each delivery, tried again by Celery, as most Django projects send webhooks.

The queue is all that is durable: no log of attempts, no order, no limit for an endpoint; a few slow receivers hold all threads.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading

import requests
from celery import Celery

from ops.baselines.bare_posts import make_body
from ops.load.child import serve

QUEUE = "bench_posts"
TIMEOUT_SECONDS = 10

app = Celery("celery_posts", broker=os.environ.get("REDIS_URL"))
app.conf.update(task_default_queue=QUEUE, task_ignore_result=True, broker_connection_retry_on_startup=True)
_of_thread = threading.local()


@app.task(name="deliver", autoretry_for=(requests.RequestException,), retry_backoff=5, max_retries=14)
def deliver(*, url: str, secret: str, delivery: str, body: str) -> None:
    if not hasattr(_of_thread, "session"):
        _of_thread.session = requests.Session()
    signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Vaniagent-Delivery": delivery,
        "X-Vaniagent-Signature": signature,
    }
    answer = _of_thread.session.post(url, data=body.encode(), headers=headers, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()


def queue(endpoints: list[list[str]], count: int) -> int:
    """Queue so many deliveries for the endpoints in turn."""
    for number in range(count):
        url, secret = endpoints[number % len(endpoints)]
        body = make_body(number, f"call_bench{number}").decode()
        deliver.delay(url=url, secret=secret, delivery=f"whd_{number}", body=body)
    return count


if __name__ == "__main__":
    serve({"queue": queue})
