"""What becomes of a book that misses one message? Drop each message of a capture in turn, and look.

Kraken's checksum covers the ten best levels, so a deeper book can be wrong below them while its checksum holds.
This counts how often that happens, for how long, and what notices it: with the structural rules, and with the
checksum alone. The truth at each message is the book that has received every one of them.

    python examples/drop_each_message.py capture.jsonl ...
"""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from havklo import Book, BookUpdate, Desync
from havklo._engine import Engine

RULES = ("unknown_delete", "unchanged_level", "short_side", "better_refill")
PROVEN = 10


class Line(msgspec.Struct):
    """A line of a capture; the frame's text stays as it is."""

    frame: msgspec.Raw


class Ack(msgspec.Struct):
    """What Kraken confirms of a subscription."""

    symbol: str
    depth: int


@dataclass(frozen=True)
class Capture:
    """The book messages of one subscription, snapshot first."""

    name: str
    symbol: str
    depth: int
    messages: Sequence[bytes]


@dataclass(frozen=True)
class Outcome:
    """What came of one dropped message.

    Attributes:
        wrong_top: At how many later messages a live book's ten best levels were wrong.
        wrong_below: At how many later messages a live book was wrong below them.
        noticed_after: With which message after it the loss was noticed, 1 being the next; None if it was not.
        reason: What noticed it.
        healed: Whether the book came to be right again without anybody noticing.
    """

    wrong_top: int
    wrong_below: int
    noticed_after: int | None
    reason: str | None
    healed: bool


def read(path: Path) -> Capture:
    """Read a capture of one book."""
    frames = [bytes(msgspec.json.decode(line, type=Line).frame) for line in path.read_bytes().splitlines()]
    heads: list[dict[str, Any]] = [msgspec.json.decode(frame) for frame in frames]
    acks = [msgspec.convert(head["result"], Ack) for head in heads if head.get("method") == "subscribe"]
    messages = [frame for frame, head in zip(frames, heads, strict=True) if head.get("channel") == "book"]
    return Capture(path.name, acks[0].symbol, acks[0].depth, messages)


def levels(book: Book) -> tuple[bytes, bytes]:
    """The book as something quick to compare: its ten best levels a side, and all of them."""
    numbers = book.to_numpy()
    sides = (numbers.bid_price, numbers.bid_qty, numbers.ask_price, numbers.ask_qty)
    return b"".join(side[:PROVEN].tobytes() for side in sides), b"".join(side.tobytes() for side in sides)


def drop_each(capture: Capture, rules: Sequence[str], stride: int = 1) -> list[Outcome]:
    """Drop each message but the snapshot (or every few) in turn."""
    engine = Engine(rules=rules)
    book = engine.track(capture.symbol, capture.depth)
    truth: list[tuple[bytes, bytes]] = []
    for message in capture.messages:
        engine.receive(message, 0)
        truth.append(levels(book))
    return [drop(capture, rules, index, truth) for index in range(1, len(capture.messages), stride)]


def drop(capture: Capture, rules: Sequence[str], index: int, truth: Sequence[tuple[bytes, bytes]]) -> Outcome:
    """Drop one message, and go on until that is noticed, or has healed by itself, or the capture ends."""
    engine = Engine(rules=rules)
    book = engine.track(capture.symbol, capture.depth)
    engine.receive_many([(message, 0) for message in capture.messages[:index]])
    wrong_top = wrong_below = 0
    for after, message in enumerate(capture.messages[index + 1 :], 1):
        result = engine.receive(message, 0)
        if isinstance(result, Desync):
            return Outcome(wrong_top, wrong_below, after, result.reason.value, healed=False)
        assert isinstance(result, BookUpdate)
        top, whole = levels(book)
        true_top, true_whole = truth[index + after]
        if whole == true_whole:
            return Outcome(wrong_top, wrong_below, None, None, healed=True)
        wrong_top += top != true_top
        wrong_below += 1
    return Outcome(wrong_top, wrong_below, None, None, healed=False)


def describe(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """The figures of one experiment, by name."""
    total = len(outcomes)
    noticed = sorted(outcome.noticed_after for outcome in outcomes if outcome.noticed_after is not None)
    hidden = [outcome for outcome in outcomes if outcome.wrong_below]
    late = sorted(outcome.noticed_after for outcome in hidden if outcome.noticed_after is not None)
    reasons = Counter(outcome.reason for outcome in outcomes if outcome.reason)

    def share(count: int) -> str:
        return f"{count} ({count / total:.1%})"

    return {
        "messages dropped, one at a time": f"{total}",
        "a wrong level in the top ten while live": f"{sum(outcome.wrong_top > 0 for outcome in outcomes)}",
        "noticed with the very next message": share(noticed.count(1)),
        "noticed within 10 messages": share(sum(after <= 10 for after in noticed)),
        "noticed at all": share(len(noticed)),
        **{f"  by {reason}": f"{count}" for reason, count in reasons.most_common()},
        "wrong below the top ten while live": share(len(hidden)),
        "  noticed then": f"{len(late)}",
        "  after so many messages, median": f"{median(late):g}" if late else "-",
        "  after so many messages, at most": f"{late[-1]}" if late else "-",
        "  came right by itself": f"{sum(outcome.healed for outcome in hidden)}",
        "  still wrong when the capture ends": f"{sum(not each.healed and not each.reason for each in hidden)}",
        "never wrong at any later message": share(
            sum(outcome.noticed_after is None and not outcome.wrong_below for outcome in outcomes)
        ),
    }


def main(paths: Sequence[str]) -> int:
    """Print a table for each capture; the exit code is 1 if a wrong level could be read in a top ten."""
    failed = 0
    for path in paths:
        capture = read(Path(path))
        ruled, alone = drop_each(capture, RULES), drop_each(capture, ())
        with_rules, without = describe(ruled), describe(alone)
        print(f"{capture.name}: {capture.symbol} at depth {capture.depth}, {len(capture.messages)} messages")
        print(f"{'':42}{'with the four rules':>22}{'checksum alone':>22}")
        for name in dict.fromkeys([*with_rules, *without]):
            print(f"{name:42}{with_rules.get(name, '0'):>22}{without.get(name, '0'):>22}")
        print()
        failed += sum(outcome.wrong_top > 0 for outcome in (*ruled, *alone))
    return int(failed > 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python examples/drop_each_message.py CAPTURE.jsonl ...")
    sys.exit(main(sys.argv[1:]))
