"""How each kind of fault is struck at a public channel, and what it may cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from havklo.sim.delivery.injection import Injection
from matrix.venue import PLENTY, SECOND, FarKraken

__all__ = ["KINDS", "PROVEN", "Kind", "Target"]

PROVEN: Final = ("book", "level3")
"""Channels with a checksum."""

REST: Final = 12.0  # a connection that has held for 10 s is replaced at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Whom a strike is meant for.

    Attributes:
        channel: The channel under test.
        symbol: One of its symbols.
        connection: The connection that carries it.
        number: How many strikes came before.
    """

    channel: str
    symbol: str
    connection: int
    number: int

    @property
    def updates(self) -> dict[str, str]:
        """What selects its messages: of books the updates are struck by default, other channels by name."""
        if self.channel == "level3":
            return {"role": "level3"}
        return {} if self.channel == "book" else {"channel": self.stream}

    @property
    def stream(self) -> str:
        """Kraken's name of the channel."""
        return "executions" if self.channel == "trading" else self.channel

    @property
    def market(self) -> str | None:
        """Whose messages are struck; an account's are of no one pair."""
        return None if self.channel == "trading" else self.symbol


Strike = Callable[[FarKraken, Target], list[Injection]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One row of the matrix.

    Attributes:
        name: What it is called.
        strike: Orders its faults; the first of them is the one that counts.
        strikes: How often it is struck in one cell.
        seconds: For how long one strike lasts, at least.
        rest: Seconds of peace before each strike: a client may take its time after a connection that did not hold.
        whole: Whether all that is subscribed on a connection suffers, and not only one symbol.
        cured_within: Seconds within which all is well again, counted from the end of the fault.
        detectable: Whether what has no checksum can be seen to be wrong after it.
        channels: Which channels can meet it; none: all.
        spread: Whether the symbols are spread over two connections, of which one is struck.
    """

    name: str
    strike: Strike
    strikes: int = 24
    seconds: float = 0.0
    rest: float = 0.0
    whole: bool = False
    cured_within: float = 30.0
    detectable: bool = True
    channels: tuple[str, ...] = ()
    spread: bool = False

    def meets(self, channel: str) -> bool:
        """Whether a channel can meet it."""
        return not self.channels or channel in self.channels


def _frame(kind: str, **options: float) -> Strike:
    return lambda far, target: [far.faults.inject(kind, target.market, **target.updates, **options)]  # type: ignore[arg-type]


def _disconnect(far: FarKraken, target: Target) -> list[Injection]:
    # Every other time with a goodbye.
    code = 1001 if target.number % 2 else None
    return [far.faults.inject("disconnect", connection=target.connection, code=code)]


def _restart(far: FarKraken, target: Target) -> list[Injection]:
    # Who is told that the service restarts should not come back at once.
    return [far.faults.inject("disconnect", connection=target.connection, code=1012)]


def _lose_ack(far: FarKraken, target: Target) -> list[Injection]:
    # An ack can be lost when there is one: the connection is made anew.
    return [far.faults.inject("lose_ack", method="subscribe"), *_disconnect(far, target)]


def _snapshot(kind: str) -> Strike:
    def strike(far: FarKraken, target: Target) -> list[Injection]:
        _disconnect(far, target)
        return [far.faults.inject(kind, target.market, channel=target.stream)]  # type: ignore[arg-type]

    return strike


def _stream_stall(far: FarKraken, target: Target) -> list[Injection]:
    return [far.faults.inject("stall", target.market, channel=target.stream, seconds=6.0)]


def _stall(far: FarKraken, target: Target) -> list[Injection]:
    return [far.faults.inject("stall", connection=target.connection, seconds=6.0)]


def _half_open(far: FarKraken, target: Target) -> list[Injection]:
    return [far.faults.inject("half_open", connection=target.connection)]


def _slow_reader(far: FarKraken, target: Target) -> list[Injection]:
    # Every other time all comes late, or the exchange has enough of it and cuts the connection.
    order = far.faults.inject("slow_reader", connection=target.connection, bytes_per_second=1_500)
    far.queue_bytes = PLENTY if target.number % 2 else 20_000

    def end() -> None:
        order.cancel()
        far.queue_bytes = PLENTY

    far.clock.call_at(far.clock.now() + 8 * SECOND, end)
    return [order]


def _refuse(far: FarKraken, target: Target) -> list[Injection]:
    return [far.faults.inject("refuse", count=3), *_disconnect(far, target)]


def _ban(far: FarKraken, target: Target) -> list[Injection]:
    return [far.faults.inject("ban", seconds=30.0), *_disconnect(far, target)]


def _rate_limit(far: FarKraken, target: Target) -> list[Injection]:
    # Who has nothing to ask for is not refused: the connection is made anew.
    return [far.faults.inject("rate_limit", count=2), *_disconnect(far, target)]


def _expire_token(far: FarKraken, target: Target) -> list[Injection]:
    # Who has no need of a token does not notice: the connection is made anew.
    return [far.faults.inject("expire_token"), *_disconnect(far, target)]


def _no_token(far: FarKraken, target: Target) -> list[Injection]:
    # Nor does one that was lost matter before there is need of it, and then nobody answers.
    far.counter.closed_until = far.clock.now() + 5 * SECOND
    return _expire_token(far, target)


def _mode(kind: str) -> Strike:
    return lambda far, _target: [far.faults.inject(kind, seconds=3.0)]  # type: ignore[arg-type]


def _answer(method: str, *, cut: bool = False, rest_closed: float = 0.0) -> Strike:
    def strike(far: FarKraken, _target: Target) -> list[Injection]:
        if rest_closed:
            far.counter.closed_until = far.clock.now() + round(rest_closed * SECOND)
        return [far.faults.inject("lose_ack", method=method, cut=cut or None)]

    return strike


_WITH_TOKEN: Final = ("level3", "trading")
_TRADING: Final = ("trading",)
_MARKET_DATA: Final = ("book", "level3", "trade", "ticker")

KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind(name="drop", strike=_frame("drop")),
        Kind(name="duplicate", strike=_frame("duplicate")),
        Kind(name="reorder", strike=_frame("reorder")),
        Kind(name="corrupt", strike=_frame("corrupt"), detectable=False),
        Kind(name="truncate", strike=_frame("truncate"), strikes=8, rest=REST, whole=True),
        Kind(name="delay", strike=_frame("delay", seconds=2.0), strikes=12, seconds=2.0, whole=True),
        Kind(name="drop a snapshot", strike=_snapshot("drop"), strikes=6, rest=REST, whole=True),
        Kind(
            name="corrupt a snapshot", strike=_snapshot("corrupt"), strikes=6, rest=REST, whole=True, detectable=False
        ),
        Kind(name="lose_ack", strike=_lose_ack, strikes=6, rest=REST, whole=True),
        Kind(name="disconnect", strike=_disconnect, strikes=12, rest=REST, whole=True),
        Kind(name="disconnect often", strike=_disconnect, strikes=6, whole=True),
        Kind(name="disconnect (1012)", strike=_restart, strikes=4, rest=REST, whole=True),
        Kind(name="stall a stream", strike=_stream_stall, strikes=6, seconds=6.0),
        Kind(name="stall", strike=_stall, strikes=6, seconds=6.0, rest=REST, whole=True),
        Kind(name="half_open", strike=_half_open, strikes=6, seconds=14.0, rest=REST, whole=True),
        Kind(name="slow_reader", strike=_slow_reader, strikes=4, seconds=8.0, rest=REST, whole=True, cured_within=60.0),
        Kind(name="refuse", strike=_refuse, strikes=4, rest=REST, whole=True, cured_within=60.0),
        Kind(name="ban", strike=_ban, strikes=2, seconds=30.0, rest=REST, whole=True, cured_within=60.0),
        Kind(name="rate_limit", strike=_rate_limit, strikes=6, rest=REST, whole=True),
        Kind(
            name="refuse, moved",
            strike=_refuse,
            strikes=4,
            rest=REST,
            whole=True,
            cured_within=60.0,
            channels=_MARKET_DATA,
            spread=True,
        ),
        Kind(name="expire_token", strike=_expire_token, strikes=6, rest=REST, whole=True, channels=_WITH_TOKEN),
        Kind(name="no token", strike=_no_token, strikes=4, seconds=5.0, rest=REST, whole=True, channels=_WITH_TOKEN),
        Kind(name="lose an answer", strike=_answer("add_order"), channels=_TRADING),
        Kind(name="..., and be cut", strike=_answer("add_order", cut=True), strikes=12, rest=REST, channels=_TRADING),
        Kind(
            name="..., REST closed",
            strike=_answer("add_order", cut=True, rest_closed=8.0),
            strikes=6,
            seconds=8.0,
            rest=REST,
            channels=_TRADING,
        ),
        Kind(name="... to a cancel", strike=_answer("cancel_order"), strikes=12, channels=_TRADING),
        Kind(name="... to an amend", strike=_answer("amend_order"), strikes=12, channels=_TRADING),
        Kind(name="maintenance", strike=_mode("maintenance"), strikes=3, seconds=3.0),
        Kind(name="cancel_only", strike=_mode("cancel_only"), strikes=3, seconds=3.0),
        Kind(name="post_only", strike=_mode("post_only"), strikes=3, seconds=3.0),
    )
}
"""The rows."""
