"""The options."""

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.rules import Rules


@pytest.mark.parametrize("name", ["connects", "requests", "connects_seconds", "ban_seconds", "token_seconds"])
def test_counts_are_above_nothing(name: str) -> None:
    """A limit of 0 would forbid everything; None is how a limit is taken away."""
    with pytest.raises(ConfigurationError, match=f"{name} is more than 0, not 0"):
        Rules(**{name: 0})  # type: ignore[arg-type]


def test_no_limits() -> None:
    """A limit can be taken away."""
    assert Rules(connects=None, requests=None).connects is None
