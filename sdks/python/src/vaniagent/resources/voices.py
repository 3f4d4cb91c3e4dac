from __future__ import annotations

from typing import TYPE_CHECKING, Union, cast

from vaniagent.models import Voice
from vaniagent.not_given import NOT_GIVEN, NotGiven, given
from vaniagent.pagination import Page
from vaniagent.resources.base import Resource

if TYPE_CHECKING:
    from vaniagent.raw_resources import RawVoices


class Voices(Resource):
    """Voices: how an agent can sound."""

    @property
    def with_raw_response(self) -> RawVoices:
        """The same methods, which give answers with their headers."""
        return cast("RawVoices", Voices(self._client.raw()))

    def list(
        self,
        *,
        limit: Union[int, NotGiven] = NOT_GIVEN,
        offset: Union[int, NotGiven] = NOT_GIVEN,
        language: Union[str, NotGiven] = NOT_GIVEN,
    ) -> Page[Voice]:
        """List voices. Iterating walks all of them."""
        return self._page(Voice, "/voices", given(limit=limit, offset=offset, language=language))
