"""Where the domains of trunks lead, as the network answers and does not."""

from __future__ import annotations

import socket

import pytest

from calls.telephony.front.addresses import REFRESH_SECONDS, AddressBook


class Names:
    """A name service, and a clock."""

    def __init__(self) -> None:
        self.answer: list[str] | Exception = ["198.41.0.4"]
        self.asked = 0
        self.now = 0.0

    def __call__(self, domain: str) -> list[str]:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def later(self) -> None:
        self.now += REFRESH_SECONDS + 1


@pytest.fixture
def names() -> Names:
    return Names()


def a_book(names: Names, *, allow_private: bool = False) -> AddressBook:
    return AddressBook(allow_private=allow_private, resolve=names, clock=lambda: names.now)


def test_asked_once_a_minute(names: Names) -> None:
    with a_book(names) as book:
        assert book.of(["a.example"]) == {"a.example": ["198.41.0.4"]}
        assert book.of(["a.example"]) == {"a.example": ["198.41.0.4"]}
        assert names.asked == 1

        names.answer = ["198.41.0.5"]
        names.later()
        assert book.of(["a.example"]) == {"a.example": ["198.41.0.5"]}


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_AGAIN, "later"), OSError(), UnicodeError()])
def test_kept_while_nobody_answers(names: Names, error: Exception) -> None:
    with a_book(names) as book:
        book.of(["a.example"])
        names.answer = error
        names.later()

        assert book.of(["a.example"]) == {"a.example": ["198.41.0.4"]}


def test_a_name_that_is_gone(names: Names) -> None:
    with a_book(names) as book:
        book.of(["a.example"])
        names.answer = socket.gaierror(socket.EAI_NONAME, "none")
        names.later()

        assert book.of(["a.example"]) == {"a.example": []}


def test_private_addresses_are_nobodys_trunk(names: Names) -> None:
    names.answer = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "198.41.0.4"]
    with a_book(names) as book, a_book(names, allow_private=True) as open_book:
        assert book.of(["a.example"]) == {"a.example": ["198.41.0.4"]}
        assert open_book.of(["a.example"]) == {"a.example": ["127.0.0.1", "10.0.0.1", "198.41.0.4"]}


def test_a_name_with_very_many(names: Names) -> None:
    names.answer = [f"198.41.0.{number}" for number in range(200)]
    with a_book(names) as book:
        assert len(book.of(["a.example"])["a.example"]) == 32


def test_what_nobody_names_is_forgotten(names: Names) -> None:
    with a_book(names) as book:
        book.of(["a.example"])
        assert book.of([]) == {}
        book.of(["a.example"])

    assert names.asked == 2
