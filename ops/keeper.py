"""Starts programs, watches them, starts those again that die, and ends them in order."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ops.guard import Guard
from ops.logs import Logs
from ops.processes import adopt_orphans, children, how_it_ended, signal_group, spawn
from ops.programs import Program

# A program that lived this long is forgiven its earlier deaths.
FORGIVEN_AFTER = 30.0
# Deaths before it was ever ready after which a start of the stack is given up.
STARTS_TRIED = 3
LONGEST_LINE = 32_768
STOP_ALL_WITHIN = 9.5


class StartError(Exception):
    """The stack cannot be started; the message says why."""


@dataclass(frozen=True)
class Launched:
    process: subprocess.Popen[bytes]
    lines: Lines


class Kept:
    """One program: its process of the moment, and the task that replaces it."""

    def __init__(self, program: Program, keeper: Keeper) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.ended = asyncio.Event()
        self.ready = asyncio.Event()
        self.deaths_unready = 0
        self.was_ready = False
        self.task: asyncio.Task[None] | None = None
        self._keeper = keeper

    @property
    def is_running(self) -> bool:
        return self.process is not None and not self.ended.is_set()

    async def keep(self) -> None:
        """Have it running until the keeper stops."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while not self._keeper.stopping.is_set():
            began = loop.time()
            how = await self._live()
            if self._keeper.stopping.is_set():
                return
            if not self.was_ready:
                self.deaths_unready += 1
            deaths = 0 if loop.time() - began > FORGIVEN_AFTER else deaths
            back_off = self.program.back_off
            pause = back_off[min(deaths, len(back_off) - 1)]
            deaths += 1
            self._keeper.logs.fail(f"{self.program.name} ended ({how}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)

    async def _live(self) -> str:
        """One life of the program; says how it ended."""
        try:
            process = self._keeper.launch(self).process
        except OSError as error:
            return str(error)
        watch = asyncio.create_task(self._wait_until_ready())
        await self.ended.wait()
        watch.cancel()
        return how_it_ended(process.returncode)

    async def _wait_until_ready(self) -> None:
        ready_file = self._keeper.ready_file(self.program)
        while True:
            if await self.program.ready.is_ready(ready_file) and self.is_running:
                break
            await asyncio.sleep(0.1)
        ready_file.touch()  # others look there, however the program says it
        if self.was_ready:
            self._keeper.logs.fail(f"{self.program.name} is back")
        self.was_ready = True
        self.ready.set()


class Keeper:
    """The programs of one stack. Lives on an event loop in the main thread, and makes no thread."""

    def __init__(self, *, env: Mapping[str, str], cwd: Path, run_dir: Path, logs: Logs, lock: int) -> None:
        self.logs = logs
        self.stopping = asyncio.Event()
        self.hurry = asyncio.Event()
        self.env = env
        self._cwd = cwd
        self._run_dir = run_dir
        self._kept: list[Kept] = []
        self._guard = Guard(lock)

    def open(self) -> None:
        """Begin to watch for ended processes."""
        self._run_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        for left_over in self._run_dir.glob("*.pid"):
            left_over.unlink()
        adopt_orphans()
        self._guard.start()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._collect)

    async def start(self, programs: Sequence[Program]) -> None:
        """Start these together and wait until all are ready. Raises StartError."""
        started = [Kept(program, self) for program in programs]
        self._kept += started
        for kept in started:
            kept.task = asyncio.create_task(kept.keep())
        await asyncio.gather(*(self._until_ready(kept) for kept in started))

    async def run_once(self, program: Program, *, keep_output: bool = True) -> tuple[int, str]:
        """Run a program to its end; gives its return code and, where it is not to be kept in a log, its output."""
        kept = Kept(program, self)
        output: list[str] = []
        launched = self.launch(kept, output=None if keep_output else output)
        self._kept.append(kept)
        await kept.ended.wait()
        self._kept.remove(kept)
        await launched.lines.finished.wait()
        return launched.process.returncode, "\n".join(output)

    def launch(self, kept: Kept, *, output: list[str] | None = None) -> Launched:
        """Start the program's process. Its lines go to the log, or to `output`."""
        program = kept.program
        ready_file = self.ready_file(program)
        ready_file.unlink(missing_ok=True)
        kept.ended.clear()
        kept.ready.clear()
        env = {**(self.env if program.env is None else program.env), "VA_READY_FILE": str(ready_file)}
        read_end, write_end = os.pipe()
        try:
            kept.process = spawn(
                program.argv,
                env=env,
                cwd=program.cwd or self._cwd,
                output=write_end,
                death_signal=program.death_signal,
                account=program.account,
            )
        except OSError:
            os.close(read_end)
            kept.ended.set()
            raise
        finally:
            os.close(write_end)
        lines = Lines(read_end, self.logs, program.name, output)
        self._guard.add(kept.process.pid, program.death_signal)
        (self._run_dir / f"{program.name}.pid").write_text(f"{kept.process.pid}\n")
        return Launched(kept.process, lines)

    def ready_file(self, program: Program) -> Path:
        return self._run_dir / f"{program.name}.ready"

    async def stop(self) -> None:
        """End everything, in the programs' order, within ten seconds."""
        self.stopping.set()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_ALL_WITHIN
        order = sorted(self._kept, key=lambda kept: kept.program.ends)
        for _, group in groupby(order, key=lambda kept: kept.program.ends):
            await asyncio.gather(*(self._end(kept, deadline) for kept in group))
        for kept in self._kept:
            if kept.task:
                kept.task.cancel()
        orphans = children() - {self._guard.pid}
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
        for _ in orphans:
            await asyncio.sleep(0)
            self._collect()
        loop.remove_signal_handler(signal.SIGCHLD)
        self._guard.end()

    async def _end(self, kept: Kept, deadline: float) -> None:
        program, process = kept.program, kept.process
        if process is None or kept.ended.is_set():
            return
        # Not by Popen, which would fetch one that has just ended: then nobody here would hear of its end.
        os.kill(process.pid, program.stop_signal)
        loop = asyncio.get_running_loop()
        patience = min(program.stop_within, max(0.2, deadline - loop.time()))
        if await self._has_ended(kept, patience):
            return
        self.logs.fail(f"{program.name} does not end; killing it")
        os.kill(process.pid, signal.SIGKILL)
        signal_group(process.pid, signal.SIGKILL)
        await kept.ended.wait()

    async def _has_ended(self, kept: Kept, patience: float) -> bool:
        """Wait for the end; not for long when the operator asks a second time, but a store keeps its time."""
        ended = asyncio.create_task(kept.ended.wait())
        hurry = asyncio.create_task(self.hurry.wait())
        waiting = {ended} if kept.program.is_store else {ended, hurry}
        await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        hurry.cancel()
        return kept.ended.is_set()

    async def _until_ready(self, kept: Kept) -> None:
        program = kept.program
        try:
            async with asyncio.timeout(program.ready_within):
                while not kept.ready.is_set():
                    if kept.deaths_unready >= STARTS_TRIED:
                        raise StartError(self._with_last_lines(program, "dies at its start"))
                    await asyncio.sleep(0.05)
        except TimeoutError:
            what = f"is not ready after {program.ready_within:.0f} s"
            raise StartError(self._with_last_lines(program, what)) from None

    def _with_last_lines(self, program: Program, what: str) -> str:
        path = self.logs.directory / f"{program.name}.log"
        return "\n".join([f"{program.name} {what}. The end of {path}:", *self.logs.last_lines(program.name)])

    def _collect(self) -> None:
        """Note which processes have ended, and end what they left behind in their group."""
        while ended := _next_ended():
            kept = next((kept for kept in self._kept if kept.process and kept.process.pid == ended), None)
            if kept and kept.process and not kept.ended.is_set():
                # Before the process is reaped, so that the number cannot have gone to another group.
                signal_group(ended, signal.SIGKILL)
                kept.process.wait()
                self._guard.remove(ended)
                (self._run_dir / f"{kept.program.name}.pid").unlink(missing_ok=True)
                kept.ended.set()
            elif ended == self._guard.pid:
                self._guard.start()
            else:
                os.waitpid(ended, 0)  # somebody's orphan


def _next_ended() -> int | None:
    """A child that has ended and was not yet fetched."""
    try:
        result = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return result.si_pid if result else None


class Lines:
    """Reads a program's pipe on the event loop, and hands on line by line."""

    def __init__(self, read_end: int, logs: Logs, name: str, output: list[str] | None) -> None:
        self._fd = read_end
        self._logs = logs
        self._name = name
        self._output = output
        self._rest = b""
        self.finished = asyncio.Event()
        os.set_blocking(read_end, False)
        asyncio.get_running_loop().add_reader(read_end, self._read)

    def _read(self) -> None:
        try:
            chunk = os.read(self._fd, 65536)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if self._rest and (not chunk or len(self._rest) > LONGEST_LINE):
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r")
            if self._output is None:
                self._logs.line(self._name, text)
            else:
                self._output.append(text)
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self.finished.set()
