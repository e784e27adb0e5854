"""What requests cost: Kraken's published table, read at every one of its edges."""

from decimal import Decimal

import pytest

from havklo._protocol.trading.costs import TIERS, Kind, cheaper_at, fixed_halves, youth_cost

SECOND = 1_000_000_000

# The page's columns: below so many seconds, and what that adds.
PUBLISHED: dict[Kind, list[tuple[int, int]]] = {
    "amend": [(5, 3), (10, 2), (15, 1)],
    "edit": [(5, 6), (10, 5), (15, 4), (45, 2), (90, 1)],
    "cancel": [(5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1)],
}


@pytest.mark.parametrize("kind", PUBLISHED)
def test_youth_is_charged_as_published(kind: Kind) -> None:
    """One nanosecond before each age the dearer cost holds, and from that age on the next one."""
    columns = PUBLISHED[kind]
    for (seconds, cost), cheaper in zip(columns, [*(cost for _, cost in columns[1:]), 0], strict=True):
        assert youth_cost(kind, [seconds * SECOND - 1]) == cost
        assert youth_cost(kind, [seconds * SECOND]) == cheaper
    assert youth_cost(kind, [0]) == columns[0][1]
    assert cheaper_at(kind) == tuple(seconds * SECOND for seconds, _ in columns)


def test_fixed_costs_are_as_published() -> None:
    """One point for an order or a change, half a point for each order of a batch, nothing for cancels."""
    assert [fixed_halves(kind) for kind in ("add", "amend", "edit", "cancel")] == [2, 2, 2, 0]
    assert fixed_halves("batch_add", 3) == 3
    assert fixed_halves("batch_cancel", 3) == 0


def test_a_batch_cancel_costs_as_much_as_its_cancels() -> None:
    """Each order counts by its own age."""
    assert youth_cost("batch_cancel", [0, 7 * SECOND, 400 * SECOND]) == 14
    assert youth_cost("add", []) == youth_cost("batch_add", []) == 0


def test_the_documented_example_costs_eight() -> None:
    """An add, an amend at 7 s and a cancel 36 s after that: 1 + 1 + 2 + 4."""
    amend = fixed_halves("amend") // 2 + youth_cost("amend", [7 * SECOND])
    assert fixed_halves("add") // 2 + amend + youth_cost("cancel", [36 * SECOND]) == 8


def test_tiers_are_as_published() -> None:
    """Threshold, decay per second and open orders of the three levels."""
    published = {
        "starter": (60, 1, 60),
        "intermediate": (125, Decimal("2.34"), 80),
        "pro": (180, Decimal("3.75"), 225),
    }
    assert published == TIERS
