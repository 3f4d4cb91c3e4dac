"""/v1 does what its description says, whatever is sent: schemathesis, all its checks, against a real web process.

A few examples an operation here, with stateful sequences; `make fuzz` has 200.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accounts import services as accounts
from accounts.models import Account, ApiKey, Plan
from billing import services as billing
from billing.tests.stripe_server import SECRET_KEY, WEBHOOK_SECRET, stripe_server
from conftest import make_agent
from ops.processes import LOOPBACK
from tests.web_processes import web_process
from vaniagent.lib import money

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
PHASES = os.environ.get("FUZZ_PHASES", "examples,coverage,fuzzing,stateful")
SEED = os.environ.get("FUZZ_SEED", "1")
# Nothing that is asked here takes longer, whatever else the machine does.
RESPONSE_SECONDS = 10


@pytest.mark.django_db(transaction=True)
def test_the_description_is_kept(tmp_path: Path) -> None:
    account = Account.objects.create(
        name="Fuzz",
        plan=Plan.ENTERPRISE,
        requests_per_minute=10**9,
        requests_per_hour=10**9,
        max_live_calls=10**6,
    )
    billing.grant(account=account, reference="fuzz", micro_credits=10**6 * money.MICRO, at=account.created_at)
    _, key = accounts.create_api_key(account=account, mode=ApiKey.Mode.LIVE)
    make_agent(account)

    with (
        stripe_server() as stripe,
        web_process(
            tmp_path / "web.log",
            # Past a limit what is right is refused.
            WEBHOOKS_MAX_ENDPOINTS="1000000",
            PHONE_LINES_MAX="1000000",
            STRIPE_API_BASE=stripe.address,
            STRIPE_SECRET_KEY=SECRET_KEY,
            STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET,
        ) as port,
    ):
        said = run_schemathesis(port, key, tmp_path)

    assert said.returncode == 0, said.stdout[-20_000:] + said.stderr[-2_000:]


def run_schemathesis(port: int, key: str, folder: Path) -> subprocess.CompletedProcess[str]:
    options = {
        "--url": f"http://{LOOPBACK}:{port}",
        "--header": f"Authorization: Bearer {key}",
        "--checks": "all",
        "--max-response-time": str(RESPONSE_SECONDS),
        "--max-examples": str(EXAMPLES),
        "--phases": PHASES,
        "--seed": SEED,
    }
    argv = [sys.executable, "-m", "schemathesis.cli", "run", str(ROOT / "docs/openapi.yaml")]
    argv += [word for option in options.items() for word in option] + ["--continue-on-failure"]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzzing_hooks", "PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=3_600, check=False)
