"""What holds for a tape whatever the order, the loss and the duplication: it is told what a simple model says."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from _protocol.tapes import SYMBOL, trade, trades
from havklo._protocol.tape import Tape, Told
from havklo.events import Trade, TradeGap

_REACH = 4  # the newest trades that a snapshot has, here


class Model:
    """What a reader must be told, worked out anew each time from all that ever came; nothing is thrown away."""

    def __init__(self) -> None:
        self.came: set[int] = set()
        self.told_to: int | None = None
        self.promised_since: int | None = None
        self.expecting = True

    def begin(self, number: int) -> None:
        """The subscription has begun after this trade."""
        if self.told_to is None and self.promised_since is None:
            self.promised_since = number

    def snapshot(self, numbers: range) -> None:
        """What happened before a subscription and is not in its first snapshot is nobody's loss."""
        self.came.update(numbers)
        self.expecting = False
        if self.told_to is None and (self.promised_since is None or numbers[0] <= self.promised_since):
            self.told_to = min(self.came) - 1

    def story(self, *, everything: bool) -> list[int | tuple[int, int]]:
        """All that is due now: what follows without a hole, or everything with the holes named."""
        story: list[int | tuple[int, int]] = []
        for number in sorted(self.came):
            told_to = 0 if self.told_to is None and self.promised_since is not None else self.told_to
            if told_to is not None and number <= told_to:
                continue
            if told_to is not None and number > told_to + 1:
                if not everything:
                    break
                story.append((told_to + 1, number - 1))
            story.append(number)
            self.told_to = number
        return story


def plain(told: Sequence[Told]) -> list[int | tuple[int, int | None]]:
    """What was told, without the reasons."""
    return [event.trade_id if isinstance(event, Trade) else (event.first, event.last) for event in told]


happened = st.integers(1, 30)
steps = st.one_of(
    st.tuples(st.just("live"), st.lists(happened, min_size=1, max_size=6)),
    st.tuples(st.just("snapshot"), happened),
    st.tuples(st.just("begin"), happened.map(str)),
    st.tuples(st.just("expect"), st.none()),
    st.tuples(st.just("give up"), st.none()),
)


@given(st.lists(steps, max_size=30))
@example([("snapshot", 5), ("live", [9, 7]), ("expect", None), ("live", [6, 10]), ("snapshot", 12)])
def test_against_a_model(script: list[tuple[str, object]]) -> None:
    """Whatever order, loss and duplication: the reader is told just what the model says, at the same moment."""
    tape, model, everything = Tape(SYMBOL, hold=1000), Model(), list[Told]()
    for now, (kind, value) in enumerate(script):
        match value:
            case list():
                numbers = [int(number) for number in value]
                told = tape.live(trades(*numbers), now)[0]
                if model.told_to is None and model.promised_since is None and not model.expecting:
                    # The very first trade of a pair without a snapshot is where its tape begins.
                    model.told_to = numbers[0] - 1
                model.came.update(numbers)
                expected = [] if model.expecting else model.story(everything=False)
            case int():
                newest = range(max(1, value - _REACH + 1), value + 1)
                told = tape.snapshot(trades(*newest))
                model.snapshot(newest)
                expected = model.story(everything=True)
            case str():
                tape.begin(trade(int(value)).timestamp)
                model.begin(int(value))
                told, expected = [], []
            case _ if kind == "expect":
                tape.expect_snapshot()
                told, model.expecting, expected = [], True, []
            case _:
                told = tape.give_up()
                model.expecting, expected = False, model.story(everything=True)
        assert plain(told) == expected, kind
        everything += told
        holds_back = any(number > (model.told_to or 0) for number in model.came)
        assert tape.waiting_since is not None or not holds_back, "who holds back knows since when"
    assert_whole(everything)
    tape.give_up()
    assert tape.waiting_since is None
    assert not tape.has_hole


def assert_whole(told: Sequence[Told]) -> None:
    """Each number comes once and in order, as a trade or inside a gap; gaps say how many they are."""
    at: int | None = None
    for event in told:
        first, last = (event.trade_id,) * 2 if isinstance(event, Trade) else (event.first, event.last)
        assert last is not None
        assert first <= last
        assert at is None or first == at + 1
        assert isinstance(event, Trade) or event.count == last - first + 1 or (event.count is None and at is None)
        at = last


@given(st.lists(st.tuples(st.lists(st.integers(1, 400), max_size=9), st.booleans()), max_size=30), st.integers(1, 5))
def test_little_room(script: list[tuple[list[int], bool]], hold: int) -> None:
    """However little may be held back, the tape stays whole, and holds no more than that."""
    tape, everything = Tape(SYMBOL, hold=hold), list[Told]()
    for now, (numbers, expects) in enumerate(script):
        if expects:
            tape.expect_snapshot()
        everything += tape.live(trades(*numbers), now)[0]
        assert len(tape._held) <= hold
    assert_whole([*everything, *tape.give_up()])


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)), min_size=1, max_size=12))
def test_nothing_goes_missing_unsaid_when_numbers_begin_anew(epochs: list[tuple[int, int]]) -> None:
    """Each time that Kraken counts anew and a snapshot shows it, a gap without an end stands between."""
    tape, told = Tape(SYMBOL), list[Told]()
    for day, (start, length) in enumerate(epochs, 1):
        for number in range(start, start + length + 1):
            passed, needs_snapshot = tape.live(trades(number, day=day), 0)
            told += passed
            if needs_snapshot:
                tape.expect_snapshot()
                told += tape.snapshot(trades(number, day=day))
    told += tape.give_up()
    at: Trade | TradeGap | None = None
    for event in told:
        if isinstance(at, Trade) and isinstance(event, Trade):
            assert event.trade_id == at.trade_id + 1
        if isinstance(event, Trade) and isinstance(at, TradeGap) and at.last is not None:
            assert event.trade_id == at.last + 1
        at = event
