"""What every model does: attributes of the known fields with their types, and all other fields as they came."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional, Type, TypeVar, Union, cast, get_type_hints

M = TypeVar("M", bound="Model")
Converter = Callable[[Any], Any]

# Fields whose values do not belong into a log or a terminal.
SECRET = re.compile(r"secret|password|auth_token|api_key")


class Model:
    """A JSON object of the API. Fields that this version does not know are attributes as well.

    Times are datetimes in UTC. `to_dict()` gives the object as it came, and `model["field"]` one field of that.
    """

    _converters: ClassVar[Optional[Dict[str, Converter]]] = None

    def __init__(self, data: Mapping[str, Any]) -> None:
        converters = type(self)._own_converters()
        attributes = self.__dict__
        attributes["_data"] = data
        for name, value in data.items():
            convert = converters.get(name)
            attributes[name] = value if convert is None or value is None else convert(value)

    def to_dict(self) -> Dict[str, Any]:
        """The object as the server sent it."""
        return dict(self.__dict__["_data"])

    def __getitem__(self, name: str) -> Any:
        return self.__dict__["_data"][name]

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__["_data"]

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__["_data"] == self.__dict__["_data"]

    __hash__ = None  # type: ignore[assignment]  # it can be changed, so that it has no lasting hash

    def __repr__(self) -> str:
        fields = ", ".join(
            f"{name}={'...' if value and SECRET.search(name) else repr(value)}"
            for name, value in self.__dict__["_data"].items()
        )
        return f"{type(self).__name__}({fields})"

    @classmethod
    def fields(cls) -> List[str]:
        """The names of the fields that this version knows."""
        return [name for name in get_type_hints(cls) if not name.startswith("_")]

    @classmethod
    def _own_converters(cls) -> Dict[str, Converter]:
        found = cls.__dict__.get("_converters")
        if found is None:
            hints = get_type_hints(cls)
            of_each = {name: converter(hint) for name, hint in hints.items() if not name.startswith("_")}
            found = {name: convert for name, convert in of_each.items() if convert is not None}
            cls._converters = found
        return found


def converter(hint: Any) -> Optional[Converter]:
    """What makes a value of that type from JSON; None where JSON's own will do."""
    arguments = [each for each in getattr(hint, "__args__", ()) if each is not type(None)]
    origin = getattr(hint, "__origin__", None)
    if origin is Union and len(arguments) == 1:
        return converter(arguments[0])
    if origin is list:
        return listing(arguments[0])
    if hint is datetime:
        return parse_time
    if isinstance(hint, type) and issubclass(hint, Model):
        return nested(hint)
    return None


def listing(hint: Any) -> Optional[Converter]:
    of_each = converter(hint)
    if of_each is None:
        return None
    return lambda values: [of_each(value) for value in values]


def nested(model: Type[M]) -> Converter:
    return lambda value: model(as_object(value))


def as_object(value: Any) -> Dict[str, Any]:
    """A JSON object; an empty one in place of anything else."""
    return cast("Dict[str, Any]", value) if isinstance(value, dict) else {}


def parse_time(value: str) -> Any:
    """A datetime in UTC; a form that is not known stays the text it is."""
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return value
