"""Every page's door: signed out, another workspace's ids, each role. Pages are found in the URL map."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.asserts import assertRedirects

from accounts.models import Account, Membership
from dashboard import access, urls

Role = Membership.Role
RANKS = [Role.VIEWER, Role.DEVELOPER, Role.ADMIN, Role.OWNER]


def _pages(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _pages(pattern.url_patterns)
        else:
            yield pattern


def _declared(pattern: URLPattern) -> access.Access | None:
    return getattr(pattern.callback, "access", None)


def _path(pattern: URLPattern) -> str:
    """The page's address, with ids of nobody in it."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: f"{found[1]}_nobody", str(pattern.pattern)).replace(
        "number_nobody", "1"
    )


PAGES = list(_pages(urls.urlpatterns))
FOR_MEMBERS = [pattern for pattern in PAGES if (found := _declared(pattern)) and found.role is not None]
WITH_IDS = [pattern for pattern in FOR_MEMBERS if "<" in str(pattern.pattern)]


def _named(patterns: list[URLPattern]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pattern", patterns, ids=[pattern.name for pattern in patterns])


@_named(PAGES)
def test_every_page_says_who_may_see_it(pattern: URLPattern) -> None:
    assert _declared(pattern) is not None
    assert pattern.name


def test_the_dashboard_s_pages_are_on_the_map() -> None:
    assert get_resolver().reverse("home") == ""


@pytest.mark.django_db
@_named(FOR_MEMBERS)
def test_signed_out_one_is_led_to_log_in(client: Client, pattern: URLPattern) -> None:
    method = _declared(pattern).methods[0].lower()

    response = getattr(client, method)(_path(pattern))

    assertRedirects(response, f"/accounts/login/?next={_path(pattern)}", fetch_redirect_response=False)


@pytest.mark.django_db
@_named(FOR_MEMBERS)
def test_a_role_too_low_is_refused_in_words(
    account: Account, log_in: Callable[..., Client], pattern: URLPattern
) -> None:
    declared = _declared(pattern)
    for role in RANKS[: RANKS.index(Role(declared.role))]:
        response = getattr(log_in(account, role), declared.methods[0].lower())(_path(pattern))

        assert response.status_code == 403
        assert f"Yours in this workspace is {role.label}." in response.content.decode()


@pytest.mark.django_db
@_named(FOR_MEMBERS)
def test_the_role_that_a_page_names_is_enough(
    account: Account, log_in: Callable[..., Client], pattern: URLPattern
) -> None:
    declared = _declared(pattern)

    response = getattr(log_in(account, declared.role), declared.methods[0].lower())(_path(pattern))

    assert response.status_code != 403


@pytest.mark.django_db
@_named(WITH_IDS)
def test_what_is_not_the_workspace_s_does_not_exist(browser: Client, pattern: URLPattern) -> None:
    response = getattr(browser, _declared(pattern).methods[0].lower())(_path(pattern))

    assert response.status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/talk/a%00", "/agents/a%00", "/calls/a%00", "/calls?before=a%00", "/pricing?a%00"])
def test_what_no_column_can_hold_is_a_bad_request(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 400


@pytest.mark.django_db
def test_a_form_that_no_column_can_hold_is_a_bad_request(browser: Client) -> None:
    assert browser.post("/calls/views", {"name": "a\x00"}).status_code == 400


@pytest.mark.django_db
@_named(FOR_MEMBERS)
def test_other_methods_are_refused(browser: Client, pattern: URLPattern) -> None:
    response = browser.delete(_path(pattern))

    assert response.status_code == 405
    assert response.headers["Allow"] == ", ".join(_declared(pattern).methods)


def test_htmx_is_led_to_log_in_as_a_whole(db: None, client: Client) -> None:
    response = client.get("/preferences", headers={"HX-Request": "true"})

    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/preferences"


def test_somebody_without_a_workspace_is_asked_to_open_one(account: Account, browser: Client) -> None:
    Membership.objects.filter(account=account).delete()

    assertRedirects(browser.get("/"), "/welcome")


def _seen(browser: Client) -> Any:
    """A request as a page sees it."""
    return browser.get("/preferences").wsgi_request


@pytest.fixture
def second(browser: Client, account: Account, other_account: Account) -> Account:
    """Another workspace that the browser's person is a viewer in."""
    user = Membership.objects.filter(account=account).latest("pk").user
    Membership.objects.create(account=other_account, user=user, role=Role.VIEWER)
    return other_account


def test_the_first_workspace_is_the_current_one(browser: Client, account: Account, second: Account) -> None:
    request = _seen(browser)

    assert request.account == account
    assert [one.account for one in request.memberships] == [account, second]


def test_one_switches_to_another_workspace(browser: Client, second: Account) -> None:
    assertRedirects(browser.post("/workspace", {"workspace": second.public_id}), "/")

    request = _seen(browser)
    assert request.account == second
    assert request.membership.role == Role.VIEWER


def test_one_does_not_switch_to_a_workspace_of_others(
    browser: Client, account: Account, other_account: Account
) -> None:
    assert browser.post("/workspace", {"workspace": other_account.public_id}).status_code == 404

    assert _seen(browser).account == account


def test_a_workspace_that_one_was_taken_out_of_is_left(browser: Client, account: Account, second: Account) -> None:
    browser.post("/workspace", {"workspace": second.public_id})

    Membership.objects.filter(account=second).exclude(role=Role.OWNER).delete()

    assert _seen(browser).account == account
