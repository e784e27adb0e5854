"""The level-3 endpoint: one channel, with a token, and a budget for subscriptions."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, final

from havklo.sim.channels import level3
from havklo.sim.conversation.endpoint import (
    PRIVATE_CHANNELS,
    PUBLIC_CHANNELS,
    TRY_PRIVATE,
    TRY_PUBLIC,
    Channel,
    MarketData,
)
from havklo.sim.conversation.public import DEPTH_NOT_SUPPORTED
from havklo.sim.conversation.request import Params, Request
from havklo.sim.conversation.services import Services
from havklo.sim.conversation.session import Session
from havklo.sim.delivery.hub import Key, Subscriber

__all__ = ["Level3"]

_CHANNEL: Final = Channel(name="level3", parameter="depth", choices=level3.DEPTHS, refusal=DEPTH_NOT_SUPPORTED)
_SYMBOLS: Final = 200
_COSTS: Final[dict[int | str, int]] = {10: 5, 100: 25, 1000: 100}
_BUDGET: Final = 200  # a second
_BUDGET_PRO: Final = 500
_SECOND: Final = 1_000_000_000


@final
class Level3(MarketData):
    """A connection to the level-3 endpoint.

    A subscription costs something of its connection's budget, which comes back evenly and is never more
    than that of one second. One that is refused costs nothing.
    """

    elsewhere: ClassVar[Mapping[str, str]] = dict.fromkeys(PUBLIC_CHANNELS, TRY_PUBLIC) | dict.fromkeys(
        PRIVATE_CHANNELS, TRY_PRIVATE
    )

    def __init__(self, services: Services, subscriber: Subscriber) -> None:
        super().__init__(services, subscriber)
        self._session = Session(services, subscriber)
        self._tokens: dict[Key, str] = {}
        self._spent = 0  # in 10^-9 of a cost, so that what comes back in a nanosecond is a whole number
        self._spent_ns = 0

    def subscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer a subscribe."""
        name = self._channel(params, (_CHANNEL.name,))
        account, token = self._session.account(params, request.now_ns, channel=name, status="error")
        budget = _BUDGET_PRO if account.tier.name == "pro" else _BUDGET

        def admit(key: Key) -> str | None:
            if self.subscriptions >= _SYMBOLS:
                return self._texts.level3_symbols
            if not self._pay(_COSTS[key[2]], budget, request.now_ns):
                return self._texts.level3_rate
            if self._services.rules.level3_keeps_token:
                self._tokens[key] = token
                self._session.hold(token)
            return None

        yield from self._subscribe(_CHANNEL, request, params, admit)

    def unsubscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer an unsubscribe."""
        self._channel(params, (_CHANNEL.name,))
        yield from self._unsubscribe(_CHANNEL, request, params)

    def end(self) -> None:
        """The connection has ended: nothing is computed for it any more."""
        super().end()
        self._session.end()

    def _part(self, key: Key) -> None:
        super()._part(key)
        token = self._tokens.pop(key, None)
        if token is not None:
            self._session.release(token)

    def _pay(self, cost: int, budget: int, now_ns: int) -> bool:
        """Whether there is enough in the budget; if so it is spent."""
        spent = max(0, self._spent - (now_ns - self._spent_ns) * budget)
        if spent + cost * _SECOND > budget * _SECOND:
            return False
        self._spent, self._spent_ns = spent + cost * _SECOND, now_ns
        return True
