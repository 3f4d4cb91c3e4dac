"""What every resource of /v1 is built on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from django.conf import settings
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from accounts import idempotency
from accounts.audit import Actor
from accounts.authentication import ApiKeyAuthentication, authenticate_request, require_scope
from accounts.models import Account, ApiKey, Scope
from vaniagent.lib import errors
from vaniagent.lib.api.requests import address_of
from vaniagent.lib.api.serializers import Input, PageQuery, Query

M = TypeVar("M", bound=Model)


class NoSuchThing(errors.NotFound):
    """Nothing by that id, or somebody else's."""


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its class hook is untyped
    """What OpenAPI says of our authentication."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "va_live_… or va_test_…"}


class ApiViewSet(viewsets.GenericViewSet[M], Generic[M]):
    """A resource: authenticated, idempotent where it creates, strict about its query.

    A subclass names its rows in `get_queryset` (through `for_account(self.account)`), its output in
    `serializer_class`, what a key needs for each action in `scopes`, and reads a body with `self.read(...)`.
    `self.query` holds the validated parameters.
    """

    http_method_names = ["get", "post", "patch", "delete", "head"]
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9A-Za-z_]{1,60}"
    # What a list takes in its query; every other action takes nothing.
    list_query_class: type[Query] = PageQuery
    scopes: ClassVar[Mapping[str, Scope]] = {}
    # Actions that ask somebody over the network: no transaction is open around these. `seed` names such a request.
    asks_others: ClassVar[frozenset[str]] = frozenset()

    query: dict[str, Any]
    seed: str | None = None

    @property
    def api_key(self) -> ApiKey:
        """The key that the request came with."""
        key = self.request.auth
        if not isinstance(key, ApiKey):
            raise TypeError("a view of /v1 was reached without a key")
        return key

    @property
    def account(self) -> Account:
        """Who asks. All rows are reached through it."""
        return self.api_key.account

    @property
    def actor(self) -> Actor:
        """Whom the audit log names."""
        address = address_of(self.request, proxies=settings.TRUSTED_PROXY_COUNT)
        return Actor(api_key=self.api_key, ip=address)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        key = authenticate_request(request, now)
        action = self.action_map.get((request.method or "").lower())
        if action is not None:
            # Before an answer that was kept is given back: it may have been another key's.
            require_scope(key, self.scopes.get(action, Scope.ADMIN))
        if request.method != "POST" or idempotency.HEADER not in request.headers:
            return super().dispatch(request, *args, **kwargs)

        account = key.account
        perform = partial(super().dispatch, request, *args, **kwargs)
        if action not in self.asks_others:
            return idempotency.answer_once(request, account=account, at=now, perform=perform)

        def perform_with(seed: str) -> HttpResponseBase:
            self.seed = seed
            return perform()

        return idempotency.answer_once_outside(request, account=account, at=now, perform=perform_with)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (request.method or "").lower() not in self.action_map:
            # A method that is not taken here is refused whatever else is wrong.
            return
        self.query = self._read_query(request)

    def get_object(self) -> M:
        try:
            return super().get_object()
        except Http404 as error:
            raise NoSuchThing(f"There is no {self._noun()} with this id.") from error

    def read(self, serializer_class: type[BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """The request's body as this serializer reads it. Raises ValidationError."""
        body = serializer_class(data=self.request.data, context=self.get_serializer_context(), **options)
        body.is_valid(raise_exception=True)
        validated: dict[str, Any] = body.validated_data
        return validated

    def _read_query(self, request: Request) -> dict[str, Any]:
        parameters = request.query_params
        for name in parameters:
            if len(parameters.getlist(name)) > 1:
                raise errors.InvalidRequest(f"'{name}' is given more than once.", param=name)

        query_class = self.list_query_class if self.action == "list" else Query
        if query_class is Query and not parameters:
            return {}

        query: Input = query_class(data=parameters.dict(), context={"account": self.account})
        query.is_valid(raise_exception=True)
        validated: dict[str, Any] = query.validated_data
        return validated

    def _noun(self) -> str:
        model: Any = self.get_queryset().model
        return str(model._meta.verbose_name)
