"""What every command has: its options, its client, its output."""

from __future__ import annotations

import inspect
import json
import os
from typing import IO, Any, Callable, Dict, List, Mapping, Optional, Sequence, TypeVar, cast

import click

from vaniagent.cli import profiles
from vaniagent.cli.shown import Output
from vaniagent.client import VaniAgent
from vaniagent.errors import ConfigurationError
from vaniagent.settings import BASE_URL

F = TypeVar("F", bound=Callable[..., Any])


class Session:
    """One run of the program."""

    def __init__(self) -> None:
        self.profile_name = os.environ.get("VANIAGENT_PROFILE") or profiles.DEFAULT
        self.base_url: Optional[str] = None
        self.output = Output()
        self._client: Optional[VaniAgent] = None

    @property
    def api_key(self) -> str:
        """VANIAGENT_API_KEY, else the profile's. Raises ConfigurationError."""
        from_environment = os.environ.get("VANIAGENT_API_KEY")
        if from_environment:
            return from_environment
        profile = profiles.find(self.profile_name)
        if profile is None or not profile.api_key:
            named = "" if self.profile_name == profiles.DEFAULT else f" --profile {self.profile_name}"
            raise ConfigurationError(f"There is no API key: run `vaniagent login{named}`, or set VANIAGENT_API_KEY")
        return profile.api_key

    @property
    def key_source(self) -> str:
        return "VANIAGENT_API_KEY" if os.environ.get("VANIAGENT_API_KEY") else f"profile {self.profile_name}"

    def server(self) -> str:
        """The address that requests go to: the option's, the environment's, the profile's, ours."""
        named = self.base_url or os.environ.get("VANIAGENT_BASE_URL")
        if named:
            return named
        # A key that the environment gives is not necessarily good where the profile's is.
        profile = None if os.environ.get("VANIAGENT_API_KEY") else profiles.find(self.profile_name)
        return (profile.base_url if profile is not None else None) or BASE_URL

    @property
    def client(self) -> VaniAgent:
        if self._client is None:
            self._client = VaniAgent(api_key=self.api_key, base_url=self.server())
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


_pass_session = click.make_pass_decorator(Session, ensure=True)


def pass_session(command: F) -> F:
    """Give a command its session, as its first argument."""
    with_session: Any = _pass_session(command)
    return cast("F", with_session)


def _set_json(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).output.as_json = True


def _set_profile(context: click.Context, parameter: click.Parameter, value: Optional[str]) -> None:
    if value:
        context.ensure_object(Session).profile_name = value


def _set_base_url(context: click.Context, parameter: click.Parameter, value: Optional[str]) -> None:
    if value:
        context.ensure_object(Session).base_url = value


def common(command: F) -> F:
    """The options of every command, so that they may stand anywhere."""
    options = [
        click.option(
            "--json", is_flag=True, expose_value=False, callback=_set_json, help="Print JSON, as the API gives it."
        ),
        click.option("--profile", metavar="NAME", expose_value=False, callback=_set_profile, help="Whose key to take."),
        click.option(
            "--base-url", metavar="URL", expose_value=False, callback=_set_base_url, help="The API's address, with /v1."
        ),
    ]
    for option in options:
        command = option(command)
    return command


def at_most(command: F) -> F:
    """The option of every list: how many rows."""
    return click.option("--limit", type=click.IntRange(1), default=20, show_default=True)(command)


def fields(example: str) -> Callable[[F], F]:
    """Fields of the API that have no option of their own, as `fields`."""
    return click.option(
        "--set",
        "fields",
        multiple=True,
        metavar="FIELD=JSON",
        callback=_parsed,
        help=f"Any field of the API, such as {example}; again for more.",
    )


def with_fields(
    method: Callable[..., Any],
    given: Mapping[str, Any],
    fields: Mapping[str, Any],
    *,
    never: Sequence[str] = ("idempotency_key",),
) -> Dict[str, Any]:
    """What was given by options and by --set, for this method of the API.

    Raises BadParameter for a field that it does not take, that is one of `never`, or that was given both ways.
    """
    taken = inspect.signature(method).parameters
    for name in fields:
        if name not in taken or taken[name].kind is not inspect.Parameter.KEYWORD_ONLY or name in never:
            raise click.BadParameter(f"there is no field {name} to set here", param_hint="--set")
        if name in given:
            raise click.BadParameter(f"{name} has an option, which was given as well", param_hint="--set")
    return {**given, **fields}


def named(text: str) -> List[str]:
    """The names in a list that commas part."""
    return [name.strip() for name in text.split(",") if name.strip()]


def csv_of(file: IO[str]) -> str:
    """The text of a CSV file. Raises BadParameter where it is not UTF-8."""
    try:
        return file.read()
    except UnicodeDecodeError:
        raise click.BadParameter("it is not in UTF-8: save it as CSV in UTF-8", param_hint="FILE") from None


def not_left_out(**values: Any) -> Dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in values.items() if value is not None}


def _parsed(context: click.Context, parameter: click.Parameter, pairs: Sequence[str]) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise click.BadParameter("it is FIELD=JSON, such as ring_timeout=40")
        try:
            found[name] = json.loads(text, parse_constant=_refused)
            json.dumps(found[name], ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise click.BadParameter(f"{name} holds half a character") from None
        except ValueError:
            # A bare word is itself.
            found[name] = text
    return found


def _refused(constant: str) -> None:
    """NaN and Infinity are no JSON, whatever Python makes of them."""
    raise click.BadParameter(f"{constant} is no number of JSON")
