"""Trades in the order of their numbers: told once, or named as missing, whatever the wire does to them."""

import pytest

from _protocol.tapes import SYMBOL, short, trade, trades
from havklo._protocol.tape import Tape
from havklo.events import Trade, TradeGap


def begun(*numbers: int, hold: int = 1000) -> Tape:
    """A tape that has had a first snapshot."""
    tape = Tape(SYMBOL, hold=hold)
    tape.snapshot(trades(*numbers))
    return tape


def test_the_first_snapshot_comes_before_what_was_traded_meanwhile() -> None:
    """What comes before the snapshot is held back, and told after it; the snapshot's own are marked."""
    tape = Tape(SYMBOL)
    assert tape.live(trades(52, 53), 7) == ([], False)
    assert tape.waiting_since == 7
    told = tape.snapshot(trades(50, 51, 52))
    assert short(told) == [50, 51, 52, 53]
    assert [event.source for event in told if isinstance(event, Trade)] == ["snapshot", "snapshot", "live", "live"]
    assert (tape.last, tape.waiting_since, tape.repaired, tape.missing) == (53, None, 0, 0)


def test_in_order() -> None:
    """What follows is told at once."""
    tape = begun(50)
    told, has_hole = tape.live(trades(51, 52), 7)
    assert (short(told), has_hole) == ([51, 52], False)
    assert tape.live([], 8) == ([], False)


def test_a_mixed_up_message_is_put_in_order() -> None:
    """A hole that the same message fills is none."""
    tape = begun(50)
    told, has_hole = tape.live(trades(53, 52, 51), 7)
    assert (short(told), has_hole) == ([51, 52, 53], False)
    assert tape.waiting_since is None


def test_what_was_seen_before_is_not_told_again() -> None:
    """Duplicates of what was told and of what is held back leave no trace."""
    tape = begun(50, 51)
    assert tape.live(trades(50, 51), 7) == ([], False)
    assert short(tape.live(trades(54), 8)[0]) == []
    assert short(tape.live(trades(54), 9)[0]) == []
    assert short(tape.snapshot(trades(51, 52, 53, 54))) == [52, 53, 54]


def test_a_hole_is_filled_by_stragglers() -> None:
    """Should the missing ones come late, nothing was lost; it has been waited since the hole was seen."""
    tape = begun(50)
    assert tape.live(trades(53), 7) == ([], True)
    assert tape.has_hole
    told, has_hole = tape.live(trades(51), 8)
    assert (short(told), has_hole, tape.waiting_since) == ([51], True, 7)
    told, has_hole = tape.live(trades(52), 9)
    assert (short(told), has_hole, tape.waiting_since) == ([52, 53], False, None)
    assert not tape.has_hole


def test_a_hole_is_filled_by_a_snapshot() -> None:
    """What was missed is told as repaired, between what came before and what was held back."""
    tape = begun(50)
    tape.live(trades(53), 7)
    tape.expect_snapshot()
    assert tape.live(trades(55), 8) == ([], False)
    told = tape.snapshot(trades(49, 50, 51, 52, 53, 54))
    assert short(told) == [51, 52, 53, 54, 55]
    assert [event.source for event in told if isinstance(event, Trade)] == [
        "repair",
        "repair",
        "live",
        "repair",
        "live",
    ]
    assert (tape.repaired, tape.missing) == (3, 0)


def test_a_hole_beyond_the_snapshot_is_named() -> None:
    """A gap has its bounds, how many are missing, and when that was clear."""
    tape = begun(50)
    tape.live(trades(120), 7)
    told = tape.snapshot(trades(118, 119))
    assert short(told) == [(51, 117, "beyond the snapshot"), 118, 119, 120]
    assert told[0] == TradeGap(symbol=SYMBOL, first=51, last=117, count=67, reason="beyond the snapshot", recv_ns=119)
    assert (tape.missing, tape.repaired) == (67, 2)


def test_a_snapshot_with_a_hole_in_it() -> None:
    """Even that is named."""
    assert short(Tape(SYMBOL).snapshot(trades(5, 8))) == [5, (6, 7, "beyond the snapshot"), 8]


def test_giving_up() -> None:
    """Without a snapshot, what is held back is told with a gap for what is not there."""
    tape = begun(50)
    tape.live(trades(52, 55), 7)
    told = tape.give_up()
    assert short(told) == [(51, 51, "no snapshot came"), 52, (53, 54, "no snapshot came"), 55]
    assert isinstance(told[0], TradeGap)
    assert told[0].recv_ns == 52
    assert (tape.waiting_since, tape.missing) == (None, 3)
    assert tape.give_up() == []
    assert short(tape.live(trades(56), 8)[0]) == [56]


def test_no_more_is_held_back_than_allowed() -> None:
    """One trade too many, and all that is held back is told."""
    tape = begun(50, hold=2)
    assert tape.live(trades(52, 54), 7) == ([], True)
    told, has_hole = tape.live(trades(56), 8)
    assert short(told) == [
        (51, 51, "too many held back"),
        52,
        (53, 53, "too many held back"),
        54,
        (55, 55, "too many held back"),
        56,
    ]
    assert (has_hole, tape.waiting_since) == (False, None)


def test_an_empty_snapshot() -> None:
    """A pair of which Kraken has no trades; what has come meanwhile is told."""
    tape = Tape(SYMBOL)
    assert tape.snapshot([]) == []
    assert short(tape.live(trades(1), 7)[0]) == [1]
    tape.expect_snapshot()
    tape.live(trades(3), 8)
    assert short(tape.snapshot([])) == [(2, 2, "beyond the snapshot"), 3]


def test_an_old_snapshot_changes_nothing() -> None:
    """A snapshot that ends before what was told has nothing new."""
    tape = begun(50, 51, 52)
    assert tape.snapshot(trades(49, 50, 51)) == []
    assert tape.last == 52


def test_numbered_anew() -> None:
    """A lower number at a later time is doubted; the snapshot shows it, and nobody can tell what is missing."""
    tape = begun(1000)
    assert tape.live(trades(4, day=2), 7) == ([], True)
    tape.expect_snapshot()
    assert tape.live(trades(7, day=2), 8) == ([], False)
    told = tape.snapshot(trades(3, 4, 5, 6, day=2))
    assert short(told) == [(1001, None, "numbered anew"), 3, 4, 5, 6, 7]
    assert told[0] == TradeGap(symbol=SYMBOL, first=1001, last=None, count=None, reason="numbered anew", recv_ns=6)
    assert short(tape.live(trades(8, day=2), 9)[0]) == [8]
    assert (tape.missing, tape.repaired) == (0, 4)


def test_numbered_anew_while_others_are_held_back() -> None:
    """What is held back of the old numbers is part of what nobody can tell."""
    tape = begun(10_000)
    tape.live(trades(10_002), 7)
    told = tape.snapshot(trades(3, day=2))
    assert short(told) == [(10_001, None, "numbered anew"), 3]
    assert tape.waiting_since is None


def test_numbered_anew_and_never_a_snapshot() -> None:
    """Without a snapshot the new numbers look like duplicates, and go on asking for one."""
    tape = begun(1000)
    tape.expect_snapshot()
    tape.live(trades(4, day=2), 7)
    assert tape.give_up() == []
    assert tape.live(trades(5, day=2), 8) == ([], True)
    assert short(tape.snapshot(trades(4, 5, day=2))) == [(1001, None, "numbered anew"), 4, 5]


def test_nothing_is_lost_from_the_subscription_on() -> None:
    """What has happened since the subscription began and is not in its first snapshot is named, though not counted."""
    tape = Tape(SYMBOL)
    tape.begin(trade(10).timestamp)
    assert tape.live(trades(80), 7) == ([], False)
    told = tape.snapshot(trades(60, 61))
    assert short(told) == [(1, 59, "beyond the snapshot"), 60, 61, (62, 79, "beyond the snapshot"), 80]
    assert [event.count for event in told if isinstance(event, TradeGap)] == [None, 18]
    assert [event.source for event in told if isinstance(event, Trade)] == ["repair", "repair", "live"]
    assert tape.missing == 18


def test_what_happened_before_the_subscription_is_nobodys_loss() -> None:
    """A snapshot that reaches back beyond the subscription leaves nothing out; it tells old trades from missed ones."""
    tape = Tape(SYMBOL)
    tape.begin(trade(51).timestamp)
    tape.begin(trade(1).timestamp)
    told = tape.snapshot(trades(50, 51, 52))
    assert [(event.trade_id, event.source) for event in told if isinstance(event, Trade)] == [
        (50, "snapshot"),
        (51, "snapshot"),
        (52, "repair"),
    ]
    tape.begin(trade(99).timestamp)
    assert short(tape.snapshot(trades(53, 54))) == [53, 54]


def test_what_an_older_subscription_still_says_is_history() -> None:
    """A trade from before the subscription that comes before its first snapshot is told as what it is, as all others.

    Told as live it would seem to be followed by a hole to whoever does not want to hear of history.
    """
    tape = Tape(SYMBOL)
    tape.begin(trade(14).timestamp)
    assert tape.give_up() == []  # no snapshot came in time
    assert tape.live(trades(11), 7) == ([], True)
    told = [*tape.snapshot(trades(10, 11, 12, 13, 14)), *tape.live(trades(15), 8)[0]]
    assert [(event.trade_id, event.source) for event in told if isinstance(event, Trade)] == [
        *((number, "snapshot") for number in (10, 11, 12, 13, 14)),
        (15, "live"),
    ]


def test_a_snapshot_in_any_order() -> None:
    """Kraken sends the oldest trade first; were it otherwise, nothing would be left out."""
    assert short(Tape(SYMBOL).snapshot(trades(52, 50, 51))) == [50, 51, 52]


def test_a_first_trade_that_is_not_the_pairs_first() -> None:
    """Without a snapshot, a number above 1 says that others were there: one is asked for."""
    tape = Tape(SYMBOL)
    tape.begin(trade(0).timestamp)
    assert tape.give_up() == []
    assert tape.live(trades(3), 7) == ([], True)
    assert tape.has_hole
    assert short(tape.give_up()) == [(1, 2, "no snapshot came"), 3]
    tape = Tape(SYMBOL)
    tape.begin(trade(0).timestamp)
    tape.give_up()
    assert short(tape.live(trades(1, 2), 7)[0]) == [1, 2]


def test_repr() -> None:
    """A tape shows how far it has come, and what it holds back."""
    tape = begun(50)
    tape.live(trades(53), 7)
    assert repr(tape) == "<Tape BTC/USD up to 50, 1 held back>"


@pytest.mark.parametrize("expects", [False, True])
def test_a_gap_never_names_what_has_come(expects: bool) -> None:
    """Only what was never received is called missing."""
    tape = begun(1)
    if expects:
        tape.expect_snapshot()
    tape.live(trades(3, 5, 7), 7)
    gaps = [event for event in tape.give_up() if isinstance(event, TradeGap)]
    assert [(gap.first, gap.last) for gap in gaps] == [(2, 2), (4, 4), (6, 6)]
