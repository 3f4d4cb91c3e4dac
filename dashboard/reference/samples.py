"""Programs that make a request of the API without an SDK: for cURL, JavaScript and Python."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# The published address; the installation's own takes its place where a page is shown.
BASE_URL: Final = "https://api.vaniagent.com"
KEY: Final = "YOUR_API_KEY"


@dataclass(frozen=True)
class Request:
    method: str
    # With ids and query.
    path: str
    body: Any
    needs_key: bool
    # What its answer is read as: json, text, or nothing.
    answer: str
    # Those in the path, in its order.
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    language: str
    label: str
    code: str


def samples_of(request: Request) -> tuple[Sample, ...]:
    return (
        Sample("sh", "cURL", curl(request)),
        Sample("python", "Python (requests)", requests(request)),
        Sample("js", "JavaScript (fetch)", fetch(request)),
    )


def curl(request: Request) -> str:
    url = BASE_URL + request.path
    words = "curl" if request.method == "GET" else f"curl -X {request.method}"
    lines = [f'{words} "{url}"' if "?" in url else f"{words} {url}"]
    lines += [f'-H "{name}: {value}"' for name, value in _headers(request).items()]
    if request.body is not None:
        lines.append(f"-d {_quoted(json.dumps(request.body, indent=2, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def fetch(request: Request) -> str:
    options = [] if request.method == "GET" else [f'  method: "{request.method}",']
    if headers := _headers(request):
        options += ["  headers: {", *(f'    "{name}": "{value}",' for name, value in headers.items()), "  },"]
    if request.body is not None:
        options.append(f"  body: JSON.stringify({_indented(json.dumps(request.body, indent=2, ensure_ascii=False))}),")
    asked = f'await fetch("{BASE_URL}{request.path}"'
    asked += ", {\n" + "\n".join(options) + "\n});" if options else ");"
    return f"const response = {asked}\nconsole.log({_read('response.status', 'await response.', request, call='()')});"


def requests(request: Request) -> str:
    arguments = [f'    "{BASE_URL}{request.path}",']
    if request.needs_key:
        arguments.append(f'    headers={{"Authorization": "Bearer {KEY}"}},')
    if request.body is not None:
        arguments.append(f"    json={_indented(python_literal(request.body), by='    ')},")
    call = f"requests.{request.method.lower()}(\n" + "\n".join(arguments) + "\n)"
    read = _read("response.status_code", "response.", request, call="()" if request.answer == "json" else "")
    return f"import requests\n\nresponse = {call}\nprint({read})"


def python_literal(value: Any, indent: str = "") -> str:
    """A value as Python has it, laid out as JSON is."""
    deeper = indent + "    "
    if isinstance(value, dict) and value:
        rows = [f"{deeper}{_text(key)}: {python_literal(its, deeper)},\n" for key, its in value.items()]
        return "{\n" + "".join(rows) + indent + "}"
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{deeper}{python_literal(its, deeper)},\n" for its in value) + indent + "]"
    return _text(value) if isinstance(value, str) else repr(value)


def _headers(request: Request) -> Mapping[str, str]:
    headers = {"Authorization": f"Bearer {KEY}"} if request.needs_key else {}
    return headers if request.body is None else {**headers, "Content-Type": "application/json"}


def _read(status: str, response: str, request: Request, *, call: str) -> str:
    return f"{status}, {response}{request.answer}{call}" if request.answer else status


def _quoted(text: str) -> str:
    return _indented(shlex.quote(text))


def _indented(text: str, by: str = "  ") -> str:
    return text.replace("\n", f"\n{by}")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
