"""A fresh world for each test, and two accounts in it."""

from collections.abc import Callable
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from havklo.sim.rules import Rules
from sim.trading.world import World


@pytest.fixture
def make_world() -> Callable[..., World]:
    """Make a world with other rules."""

    def make(**rules: Any) -> World:
        return World(Rules(**rules))

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world with the usual rules."""
    return make_world()


@pytest.fixture
def alice(world: World) -> Account:
    """An account with 100,000 dollars and 10 coins."""
    return world.account()


@pytest.fixture
def bob(world: World) -> Account:
    """Another one."""
    return world.account("bob")
