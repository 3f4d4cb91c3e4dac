"""Files behind signed links."""

from __future__ import annotations

import os
from contextlib import contextmanager
from os import PathLike
from typing import BinaryIO, Iterator, Union

import httpx

from vaniagent import errors
from vaniagent.answers import connection_error


@contextmanager
def target(to: Union[str, PathLike[str], BinaryIO]) -> Iterator[BinaryIO]:
    """An open file. A path has nothing until all is written."""
    if not isinstance(to, (str, os.PathLike)):
        yield to
        return
    unfinished = f"{os.fspath(to)}.part"
    try:
        with open(unfinished, "wb") as file:
            yield file
        os.replace(unfinished, os.fspath(to))
    except BaseException:
        if os.path.exists(unfinished):
            os.remove(unfinished)
        raise


@contextmanager
def typed_faults() -> Iterator[None]:
    try:
        yield
    except httpx.RequestError as fault:
        raise connection_error(fault) from fault


def check(response: httpx.Response) -> None:
    """Raises the typed error of an answer without the file."""
    if response.is_success:
        return
    try:
        body = response.json()
    except ValueError:
        body = None
    raise errors.from_answer(response.status_code, body, response.headers)
