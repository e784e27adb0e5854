"""What the desk asks its shell to do, in order."""

from typing import TYPE_CHECKING, TypeAlias, final

from havklo.events import (
    BalanceChange,
    DeadManChanged,
    Execution,
    OrderStateChanged,
    TradingLocked,
    TradingUnlocked,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from havklo._protocol.messages import Answer, OrderResult
    from havklo._protocol.tokens import Token
    from havklo._protocol.trading.counter import Charge
    from havklo._protocol.trading.record import Record

__all__ = ["Ask", "Changed", "Effect", "Look", "Resubscribe", "Settled", "Tell", "TradingEvent"]

TradingEvent: TypeAlias = (
    Execution | BalanceChange | OrderStateChanged | DeadManChanged | TradingLocked | TradingUnlocked
)


@final
class Ask:
    """A request that was sent, and what was answered to it.

    Attributes:
        req_id: Its id.
        method: What was asked for.
        records: The orders that it is about, in the order in which they were named.
        sent_at: When it was sent.
        until: When it can't be carried out any more.
        answers: Its answers.
        lost: Whether no more answers will come.
        charges: What it counts on the rate counter, one for each order of a cancel_order, and else one.
        token: The token that it was sent with.
        again: Whether it goes out once more if it is refused for its token. If not, such a refusal is one like others.
    """

    __slots__ = ("again", "answers", "charges", "lost", "method", "records", "req_id", "sent_at", "token", "until")

    def __init__(
        self,
        req_id: int,
        method: str,
        records: "Sequence[Record]",
        *,
        sent_at: int,
        until: int,
        charges: "Sequence[Charge]" = (),
        token: "Token | None" = None,
    ) -> None:
        self.req_id: int = req_id
        self.method: str = method
        self.records: tuple[Record, ...] = tuple(records)
        self.sent_at: int = sent_at
        self.until: int = until
        self.answers: list[Answer] = []
        self.lost: bool = False
        self.charges: tuple[Charge, ...] = tuple(charges)
        self.token: Token | None = token
        self.again: bool = False

    def __repr__(self) -> str:
        return f"<Ask {self.req_id} {self.method}, {len(self.answers)} answers>"

    @property
    def expected(self) -> int:
        """How many answers there will be."""
        return len(self.records) if self.method == "cancel_order" else 1

    @property
    def is_settled(self) -> bool:
        """Whether all has been said."""
        return self.lost or len(self.answers) >= self.expected

    def charges_of(self, answer: "Answer") -> "Sequence[Charge]":
        """What the answered part of it counts: of a cancel_order the one order that the answer is about."""
        if self.method != "cancel_order":
            return self.charges
        named = answer.results[0].order_id
        ids = [record.order_id for record in self.records]
        position = ids.index(named) if named in ids else len(self.answers) - 1
        return self.charges[position : position + 1]

    def paired(self, answer: "Answer") -> "list[tuple[Record, OrderResult | None]]":
        """Which result belongs to which order: by position, or where some are left out by what they name."""
        if len(self.records) == len(answer.results):
            return list(zip(self.records, answer.results, strict=True))
        named = {result.cl_ord_id: result for result in answer.results}
        return [(record, named.get(record.cl_ord_id) if record.cl_ord_id else None) for record in self.records]


@final
class Tell:
    """Tell the user."""

    __slots__ = ("event",)
    __match_args__ = ("event",)

    def __init__(self, event: TradingEvent) -> None:
        self.event = event


@final
class Changed:
    """An order has changed: wake who waits for it, and hand on the execution if there is one."""

    __slots__ = ("execution", "record")
    __match_args__ = ("record", "execution")

    def __init__(self, record: "Record", execution: Execution | None = None) -> None:
        self.record = record
        self.execution = execution


@final
class Settled:
    """A request is answered, or will not be."""

    __slots__ = ("ask",)
    __match_args__ = ("ask",)

    def __init__(self, ask: Ask) -> None:
        self.ask = ask


@final
class Resubscribe:
    """Take a fresh snapshot of a channel, if it is live."""

    __slots__ = ("channel",)
    __match_args__ = ("channel",)

    def __init__(self, channel: str) -> None:
        self.channel = channel


@final
class Look:
    """Ask REST about orders, then call `looked` or `look_failed`, once."""

    __slots__ = ("records",)
    __match_args__ = ("records",)

    def __init__(self, records: "Sequence[Record]") -> None:
        self.records = tuple(records)


Effect: TypeAlias = Tell | Changed | Settled | Resubscribe | Look
