"""Kraken-form ids."""

import re

import pytest

from havklo.sim.wire.ids import Ids


@pytest.mark.parametrize("kind", ["O", "T", "L"])
def test_form(kind: str) -> None:
    """Like OXM2QD-EALR2-YBAVEU: seventeen letters and digits in three groups, the first tells the kind."""
    assert re.fullmatch(rf"{kind}[A-Z2-7]{{5}}-[A-Z2-7]{{5}}-[A-Z2-7]{{6}}", Ids(7).text(kind, 12))  # type: ignore[arg-type]


def test_no_two_are_alike() -> None:
    """Every number has its own, neighbours do not look alike, and the seed decides."""
    ids = Ids(7)
    texts = [ids.text("O", number) for number in range(20_000)]
    assert len(set(texts)) == len(texts)
    assert len({text[1:4] for text in texts[:100]}) > 90
    assert texts == [Ids(7).text("O", number) for number in range(20_000)]
    assert texts[5] != Ids(8).text("O", 5)
