"""Prints, as JSON, what this SDK has: see sdks/README.md, "Parity"."""

from __future__ import annotations

import inspect
import json
import re
import sys
from typing import Any, Dict, List
from urllib.parse import unquote

import httpx

from vaniagent import VaniAgent, errors, models
from vaniagent.models.feed import feed_types
from vaniagent.models.webhook_event import webhook_types
from vaniagent.resources.base import Resource

ID = "{}"
VALUES: Dict[str, Any] = {"events": ["x"], "metadata": {}, "sandbox": {"lines": []}}
NO_OPERATION = ("stream", "wait", "download_recording", "with_raw_response")


def surface() -> Dict[str, Any]:
    return {
        "language": "python",
        "operations": operations(),
        "methods": methods(),
        "models": {name: getattr(models, name).fields() for name in models.__all__ if name != "Model"},
        "errors": {str(status): kind.__name__ for status, kind in errors.BY_STATUS.items()},
        "feed_events": {name: kind.fields() for name, kind in feed_types().items()},
        "webhook_events": {name: data_fields(kind) for name, kind in webhook_types().items()},
    }


def operations() -> Dict[str, Any]:
    """Every method is called with all its arguments, and what it sends is looked at."""
    sent: List[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"data": [], "total": 0, "limit": 20, "offset": 0})

    client = VaniAgent(
        api_key="k", base_url="http://x/v1", http_client=httpx.Client(transport=httpx.MockTransport(answer))
    )
    found: Dict[str, Any] = {}
    for name, resource in vars(client).items():
        if isinstance(resource, Resource):
            for method in methods_of(resource):
                call(getattr(resource, method))
                request = sent.pop()
                path = re.sub(r"\{\}", "{}", unquote(request.url.path))
                found[f"{request.method} {path}"] = {
                    "method": f"{name}.{method}",
                    "query": sorted(request.url.params.keys()),
                    "body": sorted(json.loads(request.content)) if request.content else [],
                }
    return found


def methods() -> Dict[str, List[str]]:
    """What can be called on each property of the client."""
    client = VaniAgent(api_key="k", base_url="http://x/v1")
    return {name: public(each) for name, each in vars(client).items() if isinstance(each, Resource)}


def methods_of(resource: Resource) -> List[str]:
    return [name for name in public(resource) if name not in NO_OPERATION]


def public(resource: Resource) -> List[str]:
    return [name for name, _ in inspect.getmembers(type(resource), inspect.isfunction) if not name.startswith("_")]


def call(method: Any) -> None:
    named: Dict[str, Any] = {}
    ids: List[str] = []
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            named[name] = VALUES.get(name, "1")
        else:
            ids.append(ID)
    method(*ids, **named)


def data_fields(kind: Any) -> List[str]:
    from typing import get_type_hints

    fields: List[str] = get_type_hints(kind)["data"].fields()
    return fields


if __name__ == "__main__":
    json.dump(surface(), sys.stdout, indent=1)
    print()
