"""How long a token may begin something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.tokens import INVALID_SESSION, Token, TokenState, may_resend

SECOND = 1_000_000_000
START = 5_000 * SECOND


def test_ten_minutes() -> None:
    """Kraken's tokens live for fifteen minutes, and begin nothing after ten."""
    state, token = TokenState(), Token("abc")
    assert state.usable(START) is None
    assert repr(state) == "<TokenState without a token>"
    state.fetched(token, START, 900)
    assert repr(state) == "<TokenState with a token>"
    assert state.usable(START) is token
    assert state.usable(START + 600 * SECOND - 1) is token
    assert state.usable(START + 600 * SECOND) is None
    assert state.usable(START) is None


@pytest.mark.parametrize(("expires", "usable"), [(900, 600), (3600, 600), (300, 200), (1.5, 1), (0, 0), (-5, 0)])
def test_short_lives(expires: float, usable: int) -> None:
    """A token that lives less long begins nothing after two thirds of its life."""
    state = TokenState()
    state.fetched(Token("abc"), START, expires)
    assert (state.usable(START) is not None) is (usable > 0)
    assert usable == 0 or state.usable(START + usable * SECOND - 1) is not None
    assert state.usable(START + usable * SECOND) is None


def test_a_refused_token() -> None:
    """It is not used again; but a refusal that comes late does not cost the token that has replaced it."""
    state, first, second = TokenState(), Token("first"), Token("second")
    state.fetched(first, START, 900)
    state.refused(second)
    assert state.usable(START) is first
    state.refused(first)
    assert state.usable(START) is None
    state.fetched(second, START, 900)
    state.refused(first)
    assert state.usable(START) is second


@given(st.integers(0, 10**18), st.integers(0, 10**13), st.integers(0, 10_000))
def test_never_older_than_ten_minutes(asked: int, later: int, expires: int) -> None:
    """Whatever Kraken says, and whenever it is asked."""
    state = TokenState()
    state.fetched(Token("abc"), asked, expires)
    if state.usable(asked + later) is not None:
        assert later < 600 * SECOND
        assert later < expires * SECOND


def test_once_more() -> None:
    """Only the first refusal for the token is answered by sending the request again."""
    assert may_resend(INVALID_SESSION, 1)
    assert not may_resend(INVALID_SESSION, 2)
    assert not may_resend("EGeneral:Permission denied", 1)


def test_a_token_shows_nothing() -> None:
    """It is a secret."""
    assert repr(Token("abc")) == f"{Token('abc')}" == "<Token, hidden>"
    assert Token("abc").reveal() == "abc"
