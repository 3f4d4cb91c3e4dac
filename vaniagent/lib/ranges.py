"""Answering with a file or a part of it, in pieces, without holding it in memory (RFC 9110, section 14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CHUNK_BYTES: Final = 128 * 1024

_RANGE: Final = re.compile(r"bytes=(?P<first>[0-9]{0,15})-(?P<last>[0-9]{0,15})", re.ASCII)


class Unsatisfiable(Exception):
    """The range lies outside the file."""


def file_answer(request: HttpRequest, path: Path, *, content_type: str) -> HttpResponseBase:
    """The file at `path`, or the one range of it that the request asks for. Raises FileNotFoundError.

    Several ranges at once, and units that are not bytes, are answered with the whole file, as the standard allows.
    """
    found = path.stat()
    etag = f'"{found.st_size:x}-{found.st_mtime_ns:x}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    try:
        wanted = _wanted(request, size=found.st_size, etag=etag)
    except Unsatisfiable:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{found.st_size}"})

    first, last = wanted or (0, found.st_size - 1)
    length = last - first + 1
    if wanted is not None:
        headers["Content-Range"] = f"bytes {first}-{last}/{found.st_size}"
    headers["Content-Length"] = str(length)
    status = 200 if wanted is None else 206
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=content_type)
    return StreamingHttpResponse(_read(path, first, length), status=status, headers=headers, content_type=content_type)


def _wanted(request: HttpRequest, *, size: int, etag: str) -> tuple[int, int] | None:
    """First and last byte; None for the whole file. Raises Unsatisfiable."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or request.headers.get("If-Range", etag) != etag or not (match["first"] or match["last"]):
        return None

    if not match["first"]:
        length = min(int(match["last"]), size)
        first, last = size - length, size - 1
    else:
        first = int(match["first"])
        last = min(int(match["last"]), size - 1) if match["last"] else size - 1
        if match["last"] and int(match["last"]) < first:
            return None
    if first >= size or last < first:
        raise Unsatisfiable
    return first, last


async def _read(path: Path, first: int, length: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(_open_at, path, first)
    try:
        left = length
        while left and (chunk := await asyncio.to_thread(file.read, min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
    finally:
        file.close()


def _open_at(path: Path, first: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(first)
    return file
