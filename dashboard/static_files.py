"""Stylesheets, scripts and images: under names that change with their content where `collectstatic` has run, else as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles.storage import HashedFilesMixin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

# How our modules name each other: `import … from "./x.js";` and `import "./x.js";`.
_IMPORTS: Final = (
    (
        r"""(?P<matched>import(?P<names>[\s{][^;"']*?)from\s*["'](?P<url>\.[^"']+)["']\s*;)""",
        'import%(names)sfrom "%(url)s";',
    ),
    (r"""(?P<matched>import\s*["'](?P<url>\.[^"']+)["']\s*;)""", 'import "%(url)s";'),
)


class FirstTimeCompressor(Compressor):  # type: ignore[misc]  # whitenoise has no types
    """Compresses what was not compressed before: a name with a hash has one content."""

    def compress(self, path: str) -> list[str]:
        return [] if Path(f"{path}.br").exists() else list(super().compress(path))


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Compressed files with their hash in the name. One that was not collected keeps its name: a page never fails for it."""

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _IMPORTS))

    def stored_name(self, name: str) -> str:
        stored: str = self.hashed_files.get(self.hash_key(self.clean_name(name)), name)
        return stored

    def create_compressor(self, **options: Any) -> Compressor:
        return FirstTimeCompressor(**options)


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """Serves what was collected; before that, or with DEBUG, what the apps and `static/` hold."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponseBase:
        """The whole file at once: none is large, and a file read in pieces would cost a thread's way there for each."""
        found = static_file.get_response(request.method, request.META)
        body = found.file.read() if found.file is not None else b""
        if found.file is not None:
            found.file.close()
        response = HttpResponse(body, status=int(found.status))
        del response.headers["Content-Type"]
        for name, value in found.headers:
            response.headers[name] = value
        return response
