"""`make run`: the whole product on one machine, from one command.

Starts the stores that the environment does not name, then every process of the table, keeps them running, and ends
them in order. As a library: `with Stack(var_dir=...) as stack:` starts this program and waits until it is ready.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import environ

from ops import embedded, sipfront
from ops.keeper import Keeper, StartError
from ops.logs import Logs
from ops.processes import LOOPBACK, free_port, why_not_listen
from ops.programs import Check, Program
from ops.stack import LOCK_NAME, Stack
from ops.stores import Postgres, StoreError, Valkey, store_environment
from ops.table import STORES, Site, vaniagent

__all__ = ["Stack", "Supervisor", "main"]

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_EMAIL = "demo@localhost.localdomain"
DEMO_SECRETS = ("email", "password", "api_key", "test_api_key")
# A killed supervisor's guard needs a moment to end what that one left.
WAIT_FOR_PREDECESSOR = 8.0

Table = Callable[[Site], list[list[Program]]]


class Refused(Exception):
    """The stack must not start; the message is one line for the operator."""


class Supervisor:
    """One run of the stack on one var directory."""

    def __init__(
        self,
        *,
        var_dir: Path,
        port: int,
        host: str = LOOPBACK,
        quiet: bool = False,
        environment: Mapping[str, str],
        table: Table = vaniagent,
        with_django: bool = True,
    ) -> None:
        self._var_dir = var_dir
        self._host = host
        self._port = port
        self._environment = environment
        self._table = table
        self._with_django = with_django
        self._lock = _take_lock(var_dir)
        if port and (why := why_not_listen(port, host)):
            # Low ports are for root alone, and so is the next one.
            other = port + 1 if 1024 <= port < 65535 else 8000
            raise Refused(f"Port {port} cannot be used ({why.lower()}). Choose another one: make run PORT={other}")
        self._logs = Logs(var_dir / "log", quiet=quiet)
        self._values = embedded.read(var_dir)
        self._stop = asyncio.Event()
        self._stores: list[tuple[str, Postgres | Valkey]] = []
        self._is_first_start = False
        self._secrets: list[str] = []

    async def run(self) -> int:
        """Run until told to stop; gives the exit code."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        self._keeper = Keeper(env={}, cwd=BASE_DIR, run_dir=self._var_dir / "run", logs=self._logs, lock=self._lock)
        self._keeper.open()
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop.wait())
        exit_code = 0
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                self._welcome(loop.time() - began)
                await self._stop.wait()
        except (StartError, StoreError) as problem:
            self._logs.fail(str(problem))
            exit_code = 1
        finally:
            starting.cancel()
            self._say_secrets()
            self._logs.say("stopping")
            self._write_down("stopping")
            await self._keeper.stop()
            self._write_down("stopped")
            self._logs.say("stopped; the data are kept")
            self._logs.close()
        return exit_code

    async def _start(self) -> None:
        self._logs.say("starting; the first start takes a little longer")
        self._choose_ports()
        env = self._prepare_stores()
        self._keeper.env = env
        site = Site(
            base_dir=BASE_DIR,
            var_dir=self._var_dir,
            host=self._host,
            port=self._port,
            speech_port=int(self._values["SPEECH_PORT"]),
            env=env,
        )
        self._write_down("starting")
        if sipfront.is_wanted(env) and sipfront.find(env) is None:
            self._logs.fail(
                "SIP_FRONT is set, and kamailio is not installed: strangers reach no gateway, and no trunk either"
            )
        first, *later = self._table(site)
        await self._keeper.start([_store_program(name, store) for name, store in self._stores])
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keeper.start(first))
            if self._with_django:
                group.create_task(self._set_up())
                group.create_task(self._collect_static())
        for stage in later:
            await self._keeper.start(stage)
        self._write_down("ready")

    def _choose_ports(self) -> None:
        """The ports of yesterday where they are free."""
        taken = {self._port}
        for name in ("POSTGRES_PORT", "VALKEY_PORT", "SPEECH_PORT", "PORT"):
            if name == "PORT" and self._port:
                break
            before = int(self._values.get(name, "0"))
            port = free_port(f"{self._var_dir} {name}", before=before, avoid=frozenset(taken))
            taken.add(port)
            self._values[name] = str(port)
        self._port = self._port or int(self._values["PORT"])
        self._values["PORT"] = str(self._port)

    def _prepare_stores(self) -> dict[str, str]:
        """Make ready what the environment does not name; gives the environment of every process."""
        values = self._values
        if url := self._environment.get("DATABASE_URL"):
            values["DATABASE_URL"] = url
        else:
            postgres = Postgres(self._var_dir / "postgres", port=int(values["POSTGRES_PORT"]))
            postgres.prepare()
            self._is_first_start = postgres.was_made or "DEMO_ACCOUNT" not in values
            values["DATABASE_URL"] = postgres.url
            self._stores.append(("postgres", postgres))
        if url := self._environment.get("REDIS_URL"):
            values["REDIS_URL"] = url
        else:
            valkey = Valkey(self._var_dir / "valkey", port=int(values["VALKEY_PORT"]))
            valkey.prepare()
            values["REDIS_URL"] = valkey.url
            self._stores.append(("valkey", valkey))
        values["SPEECH_URL"] = f"http://{LOOPBACK}:{values['SPEECH_PORT']}"
        values["SECRET_KEY"] = self._environment.get("SECRET_KEY") or values.get("SECRET_KEY") or secrets.token_hex(32)
        values["WEBHOOKS_ALLOW_PRIVATE"] = self._environment.get("WEBHOOKS_ALLOW_PRIVATE", "1")
        names = ("DATABASE_URL", "REDIS_URL", "SPEECH_URL", "SECRET_KEY", "WEBHOOKS_ALLOW_PRIVATE", "PORT")
        ours = {name: values[name] for name in names}
        return {**self._environment, **ours, "VAR_DIR": str(self._var_dir), "PYTHONUNBUFFERED": "1"}

    async def _collect_static(self) -> None:
        """What pages link, compressed. Without it they work, and load more slowly."""
        # REST framework's own pages are not served.
        code, _ = await self._manage("collectstatic", "--no-input", "-v", "0", "--ignore", "rest_framework")
        if code != 0:
            self._logs.say("stylesheets and scripts could not be collected; they are served as they are")

    async def _set_up(self) -> None:
        """Bring the database up to date; on the first start make an account to try things with."""
        if (await self._manage("migrate", "--no-input"))[0] != 0:
            raise StartError("The database could not be brought up to date; see above.")
        if not self._is_first_start or self._logs.quiet:
            return
        code, output = await self._manage("createaccount", DEMO_EMAIL, "--json", keep_output=False)
        self._values["DEMO_ACCOUNT"] = DEMO_EMAIL  # tried: not again at the next start
        if code != 0:
            self._logs.say("no demo account was made; make one with: manage.py createaccount EMAIL")
            return
        try:
            account = json.loads(output[output.index("{") :])
        except ValueError:
            self._logs.say("the demo account was made, but its key could not be read")
            return
        self._secrets.append("A demo account was made. Its secrets are shown this once:")
        self._secrets += [f"  {name:<13} {account.get(name, '')}" for name in DEMO_SECRETS]

    async def _manage(self, *arguments: str, keep_output: bool = True) -> tuple[int, str]:
        program = Program(
            name=arguments[0],
            argv=(sys.executable, "manage.py", *arguments),
            ready=Check(lambda: True),
            ends=0,
        )
        return await self._keeper.run_once(program, keep_output=keep_output)

    def _say_secrets(self) -> None:
        for line in self._secrets:
            self._logs.say_once(line)
        self._secrets.clear()

    def _welcome(self, seconds: float) -> None:
        url = f"http://{self._host}:{self._port}"
        self._logs.say(f"ready after {seconds:.0f} s")
        self._logs.say(f"  API           {url}/v1")
        self._logs.say(f"  its schema    {url}/v1/openapi.json")
        self._logs.say(f"  logs          {self._logs.directory}")
        self._say_secrets()
        self._logs.say("Ctrl-C stops everything and keeps the data.")

    def _write_down(self, state: str) -> None:
        self._values["STATE"] = state
        self._values["PID"] = str(os.getpid()) if state != "stopped" else ""
        embedded.write(self._var_dir, self._values)

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._keeper.hurry.set()
        self._stop.set()


def _store_program(name: str, store: Postgres | Valkey) -> Program:
    return Program(
        name=name,
        argv=tuple(store.argv()),
        ready=Check(store.is_ready),
        ends=STORES,
        ready_within=60.0,
        stop_within=8.0,
        stop_signal=store.stop_signal,
        death_signal=store.stop_signal,
        account=store.account,
        cwd=store.directory,
        env=store_environment(),
        is_store=True,
    )


def _take_lock(var_dir: Path) -> int:
    """Lock the var directory for as long as this process and its guard live. Raises Refused."""
    try:
        var_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = os.open(var_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Refused(f"{var_dir} cannot be used: {error.strerror}.") from error
    deadline = time.monotonic() + WAIT_FOR_PREDECESSOR
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(lock, 20, 0).decode().strip()
            if Path(f"/proc/{owner or 'none'}").exists() or time.monotonic() > deadline:
                os.close(lock)
                raise Refused(
                    f"A stack is already running on {var_dir} (process {owner}). Stop it, or name another VAR_DIR."
                ) from None
            time.sleep(0.1)
        else:
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
            return lock


def main(arguments: list[str] | None = None, *, table: Table = vaniagent) -> int:
    environ.Env.read_env(str(BASE_DIR / ".env"))
    parser = argparse.ArgumentParser(prog="python -m ops.supervisor", description=__doc__)
    parser.add_argument("--var", type=Path, default=Path(os.environ.get("VAR_DIR") or BASE_DIR / "var"))
    parser.add_argument("--host", default=os.environ.get("HOST") or LOOPBACK)
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000", help="0 finds a free one")
    parser.add_argument("--quiet", action="store_true", help="say only what goes wrong")
    options = parser.parse_args(arguments)
    if not options.port.isdigit() or int(options.port) > 65535:
        print(f"PORT must be a number from 0 to 65535, not {options.port!r}.", file=sys.stderr)
        return 1
    return run(
        var_dir=options.var.resolve(),
        host=options.host,
        port=int(options.port),
        quiet=options.quiet,
        table=table,
    )


def run(
    *,
    var_dir: Path,
    port: int,
    host: str = LOOPBACK,
    quiet: bool = False,
    table: Table = vaniagent,
    with_django: bool = True,
) -> int:
    """Run a stack in this process until it is told to stop; gives the exit code."""
    try:
        supervisor = Supervisor(
            var_dir=var_dir,
            host=host,
            port=port,
            quiet=quiet,
            environment=dict(os.environ),
            table=table,
            with_django=with_django,
        )
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return asyncio.run(supervisor.run())


if __name__ == "__main__":
    sys.exit(main())
