"""The program: its commands, and what becomes of what goes wrong."""

from __future__ import annotations

import os
import sys
from typing import List, Optional

import click

from vaniagent import errors
from vaniagent.cli import exits
from vaniagent.cli.account import account
from vaniagent.cli.agents import agents
from vaniagent.cli.batches import batches
from vaniagent.cli.calls import calls
from vaniagent.cli.context import Session, common
from vaniagent.cli.dialing import dial_checks, dialing_rules
from vaniagent.cli.do_not_call import do_not_call
from vaniagent.cli.lines import lines
from vaniagent.cli.listen import listen
from vaniagent.cli.login import keys, login, logout
from vaniagent.cli.mcp_server import mcp
from vaniagent.cli.talk import talk
from vaniagent.cli.voices import voices
from vaniagent.cli.webhooks import webhooks
from vaniagent.version import __version__

SHELLS = ("bash", "zsh", "fish")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="vaniagent")
@common
def program() -> None:
    """AI voice agents on the phone, from a terminal.

    \b
    vaniagent login
    vaniagent agents create --name Ada --voice en-US-Neural2-F
    vaniagent calls create --agent agent_abc123 --to +14155550100 --watch
    """


@program.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands.

    For bash: put  eval "$(vaniagent completion bash)"  into ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover - click knows all of SHELLS
        raise click.UsageError(f"{shell} is not known")
    click.echo(kind(program, {}, "vaniagent", "_VANIAGENT_COMPLETE").source())


for _commands in (
    (login, logout, account, keys, agents, voices, calls, batches, talk, listen, webhooks, lines),
    (do_not_call, dialing_rules, dial_checks, mcp),
):
    for _command in _commands:
        program.add_command(_command)


def run(arguments: Optional[List[str]] = None) -> int:
    """Run a command line; gives the exit code, and says in words what went wrong."""
    session = Session()
    try:
        code = program.main(arguments, prog_name="vaniagent", standalone_mode=False, obj=session)
    except click.exceptions.Abort:
        code = _interrupted(session)
    except KeyboardInterrupt:
        code = _interrupted(session)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except errors.VaniAgentError as error:
        session.output.complain(in_words(error))
        code = exits.code_of(error)
    except BrokenPipeError:
        # Whoever read has read enough. What is still buffered must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exits.OK
    finally:
        session.close()
    return code if isinstance(code, int) else exits.OK


def in_words(error: errors.VaniAgentError) -> str:
    """An error as a person reads it, with what support wants to know."""
    if not isinstance(error, errors.APIStatusError):
        return str(error)
    about = [f"request id {error.request_id}"] if error.request_id else []
    if error.param:
        about.insert(0, f"field {error.param}")
    return f"{error.message} ({', '.join(about)})" if about else error.message


def _interrupted(session: Session) -> int:
    session.output.clear_interim()
    return exits.INTERRUPTED
