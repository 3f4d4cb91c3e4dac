"""The same requests with the SDKs: which method of theirs an operation is, and programs that call it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from dashboard.reference.samples import BASE_URL, KEY, Request, Sample

# Of a value that stands on one line.
_WIDEST: Final = 56
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
# What it holds is the customer's, and named as they name it.
_THEIRS: Final = "metadata"
# Names that Python keeps for itself, and that of their pair.
_PYTHON_NAMES: Final = {"from": "since", "to": "until"}


@dataclass(frozen=True)
class Method:
    """As Python has it; JavaScript has the same in camelCase. `gives` names what comes back, if anything does."""

    resource: str
    name: str
    gives: str = ""


METHODS: Final = {
    "account_retrieve": Method("account", "get", "account"),
    "account_partial_update": Method("account", "update", "account"),
    "account_statement_list": Method("account", "statement", "statement"),
    "account_transactions_list": Method("account", "list_transactions", "page"),
    "account_top_ups_create": Method("account", "create_top_up", "top_up"),
    "account_top_ups_list": Method("account", "list_top_ups", "page"),
    "account_top_ups_retrieve": Method("account", "get_top_up", "top_up"),
    "agents_create": Method("agents", "create", "agent"),
    "agents_list": Method("agents", "list", "page"),
    "agents_retrieve": Method("agents", "get", "agent"),
    "agents_partial_update": Method("agents", "update", "agent"),
    "agents_destroy": Method("agents", "delete"),
    "agents_talks_create": Method("agents", "talk", "talk"),
    "batches_create": Method("batches", "create", "batch"),
    "batches_list": Method("batches", "list", "page"),
    "batches_retrieve": Method("batches", "get", "batch"),
    "batches_start": Method("batches", "start", "batch"),
    "batches_pause": Method("batches", "pause", "batch"),
    "batches_resume": Method("batches", "resume", "batch"),
    "batches_cancel": Method("batches", "cancel", "batch"),
    "batches_rows_list": Method("batches", "list_rows", "page"),
    "batches_results": Method("batches", "results", "results"),
    "calls_create": Method("calls", "create", "call"),
    "calls_list": Method("calls", "list", "page"),
    "calls_retrieve": Method("calls", "get", "call"),
    "calls_hangup": Method("calls", "hangup", "call"),
    "calls_recording": Method("calls", "set_recording", "call"),
    "calls_sip_trace": Method("calls", "sip_trace", "trace"),
    "calls_transfer": Method("calls", "transfer", "call"),
    "calls_transcript": Method("calls", "transcript", "transcript"),
    "dial_checks_list": Method("dial_checks", "list", "page"),
    "dial_checks_retrieve": Method("dial_checks", "get", "check"),
    "dialing_rules_retrieve": Method("dialing_rules", "get", "rules"),
    "dialing_rules_partial_update": Method("dialing_rules", "update", "rules"),
    "do_not_call_create": Method("do_not_call", "create", "entry"),
    "do_not_call_list": Method("do_not_call", "list", "page"),
    "do_not_call_retrieve": Method("do_not_call", "get", "entry"),
    "do_not_call_destroy": Method("do_not_call", "delete"),
    "do_not_call_import": Method("do_not_call", "import_csv", "imported"),
    "do_not_call_export": Method("do_not_call", "export_csv", "csv"),
    "phone_lines_create": Method("phone_lines", "create", "line"),
    "phone_lines_list": Method("phone_lines", "list", "page"),
    "phone_lines_retrieve": Method("phone_lines", "get", "line"),
    "phone_lines_partial_update": Method("phone_lines", "update", "line"),
    "phone_lines_destroy": Method("phone_lines", "delete"),
    "phone_lines_check": Method("phone_lines", "check", "line"),
    "voices_list": Method("voices", "list", "page"),
    "webhook_endpoints_create": Method("webhook_endpoints", "create", "endpoint"),
    "webhook_endpoints_list": Method("webhook_endpoints", "list", "page"),
    "webhook_endpoints_retrieve": Method("webhook_endpoints", "get", "endpoint"),
    "webhook_endpoints_partial_update": Method("webhook_endpoints", "update", "endpoint"),
    "webhook_endpoints_destroy": Method("webhook_endpoints", "delete"),
    "webhook_endpoints_rotate_secret": Method("webhook_endpoints", "rotate_secret", "endpoint"),
    "webhook_endpoints_test": Method("webhook_endpoints", "test", "delivery"),
    "webhook_endpoints_replay": Method("webhook_endpoints", "replay", "replay"),
    "webhook_endpoints_deliveries_list": Method("webhook_endpoints", "list_deliveries", "page"),
    "webhook_deliveries_retrieve": Method("webhook_deliveries", "get", "delivery"),
    "webhook_deliveries_replay": Method("webhook_deliveries", "replay", "delivery"),
}


@dataclass(frozen=True)
class Style:
    """How a language writes values."""

    key: Callable[[str, bool], str]
    leaf: Callable[[object], str]
    # Inside the braces of a line.
    space: str
    indent: str


def sdk_samples_of(operation_id: str, request: Request) -> tuple[Sample, ...]:
    """None of an operation that the SDKs do not have."""
    method = METHODS.get(operation_id)
    if method is None:
        return ()
    return Sample("python", "Python", python(method, request)), Sample("js", "JavaScript", javascript(method, request))


def python(method: Method, request: Request) -> str:
    named = {_PYTHON_NAMES.get(name, name): value for name, value in (request.body or {}).items()}
    arguments = [_text(own) for own in request.ids]
    arguments += [
        f"{name}={_value(its, _PYTHON, _PYTHON.indent)}" for name, its in {**_query_of(request), **named}.items()
    ]
    call = f"client.{method.resource}.{method.name}{_enclosed(arguments, '()', _PYTHON, '', is_tall=bool(named))}"
    shown = {
        "": "",
        "statement": "print(statement)",
        "page": f"for each in page.data:\n{_PYTHON.indent}print(each.to_dict())",
    }.get(method.gives, f"print({method.gives}.to_dict())")
    client = _enclosed(
        [f"api_key={_text(KEY)}", f"base_url={_text(BASE_URL + '/v1')}"], "()", _PYTHON, "", is_tall=True
    )
    return f"# pip install vaniagent\nfrom vaniagent import VaniAgent\n\nclient = VaniAgent{client}\n" + (
        f"{method.gives} = {call}\n{shown}" if method.gives else call
    )


def javascript(method: Method, request: Request) -> str:
    arguments = [_text(own) for own in request.ids]
    if query := _query_of(request):
        arguments.append(_value(query, _SCRIPT, ""))
    if request.body:
        fields = [
            f"{_script_key(name, False)}: {_value(its, _SCRIPT, _SCRIPT.indent, is_theirs=name == _THEIRS)}"
            for name, its in request.body.items()
        ]
        arguments.append(_enclosed(fields, "{}", _SCRIPT, "", is_tall=True))
    call = f"await client.{_camel(method.resource)}.{_camel(method.name)}({', '.join(arguments)});"
    given = _camel(method.gives)
    client = _enclosed(
        [f"apiKey: {_text(KEY)}", f"baseURL: {_text(BASE_URL + '/v1')}"], "{}", _SCRIPT, "", is_tall=True
    )
    return (
        '// npm install @vaniagent/sdk\nimport { VaniAgent } from "@vaniagent/sdk";\n\n'
        f"const client = new VaniAgent({client});\n"
        + (f"const {given} = {call}\nconsole.log({given}{'.data' if given == 'page' else ''});" if given else call)
    )


def _query_of(request: Request) -> Mapping[str, int]:
    return {name: int(value) for name, value in parse_qsl(urlsplit(request.path).query)}


def _value(value: Any, style: Style, indent: str, *, is_theirs: bool = False) -> str:
    """On one line where that is short enough."""
    deeper = indent + style.indent
    if isinstance(value, dict):
        within = [
            f"{style.key(name, is_theirs)}: {_value(its, style, deeper, is_theirs=is_theirs or name == _THEIRS)}"
            for name, its in value.items()
        ]
        return _enclosed(within, "{}", style, indent)
    if isinstance(value, list):
        return _enclosed([_value(each, style, deeper, is_theirs=is_theirs) for each in value], "[]", style, indent)
    return style.leaf(value)


def _enclosed(parts: list[str], brackets: str, style: Style, indent: str, *, is_tall: bool = False) -> str:
    opening, closing = brackets[0], brackets[1]
    flat = ", ".join(parts)
    if not parts or (len(flat) <= _WIDEST and "\n" not in flat and not is_tall):
        space = style.space if brackets == "{}" and parts else ""
        return f"{opening}{space}{flat}{space}{closing}"
    deeper = indent + style.indent
    return f"{opening}\n" + "".join(f"{deeper}{part},\n" for part in parts) + indent + closing


def _script_key(name: str, is_theirs: bool) -> str:
    name = name if is_theirs else _camel(name)
    return name if _IDENTIFIER.fullmatch(name) else _text(name)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_PYTHON: Final = Style(
    key=lambda name, _is_theirs: _text(name),
    leaf=lambda value: _text(value) if isinstance(value, str) else repr(value),
    space="",
    indent="    ",
)
_SCRIPT: Final = Style(key=_script_key, leaf=_text, space=" ", indent="  ")
