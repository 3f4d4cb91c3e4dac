# Made by scripts/make_async.py: change vaniagent/resources/voices.py instead.
from __future__ import annotations

from typing import TYPE_CHECKING, Union, cast

from vaniagent.async_resources.base import AsyncResource
from vaniagent.models import Voice
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import PageRequest

if TYPE_CHECKING:
    from vaniagent.raw_resources import AsyncRawVoices


class AsyncVoices(AsyncResource):
    """Voices: how an agent can sound."""

    @property
    def with_raw_response(self) -> AsyncRawVoices:
        """The same methods, which give answers with their headers."""
        return cast("AsyncRawVoices", AsyncVoices(self._client.raw()))

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        language: Union[str, NotGiven] = NOT_GIVEN,
    ) -> PageRequest[Voice]:
        """List voices. `async for` walks all of them."""
        return self._page(Voice, "/voices", given(limit=limit, offset=offset, language=language))
