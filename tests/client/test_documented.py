"""Every event and every error that is documented is met in a test: none is only promised."""

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from havklo import errors, events

TESTS = Path(__file__).parents[1]


@cache
def words() -> frozenset[str]:
    """Every word of every other test file."""
    files = [path for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    return frozenset(word for path in files for word in re.findall(r"\w+", path.read_text()))


@pytest.mark.parametrize("name", sorted(each.__name__ for each in get_args(events.Event)))
def test_every_event(name: str) -> None:
    """Whatever `async for event in kraken` may yield occurs in a test."""
    assert name in words()


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error(name: str) -> None:
    """Whatever may be raised occurs in a test."""
    assert name in words()


def test_every_event_and_error_is_documented() -> None:
    """Each has a docstring of its own, and each error its place in the tree that `havklo.errors` shows."""
    kinds = [*get_args(events.Event), *(getattr(errors, name) for name in errors.__all__)]
    assert [kind for kind in kinds if not (kind.__doc__ or "").strip()] == []
    assert [name for name in errors.__all__ if name not in re.findall(r"\w+", errors.__doc__ or "")] == []
