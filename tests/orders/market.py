"""A pair as Kraken lists it, the simulator's own pairs as a client reads them, and its desk as a judge."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Final

import msgspec

from havklo.instruments import Pair
from havklo.orders import wire
from havklo.orders.requests import OrderRequest
from havklo.orders.terms import Amend
from havklo.sim.accounts.account import Account
from havklo.sim.channels.instrument import instrument_snapshot
from havklo.sim.rules import Rules
from havklo.sim.trading.refusals import COST_MINIMUM, INVALID, INVALID_PRICE, ORDER_MINIMUM, TICK_SIZE
from sim.trading.world import BTC, ETH, World

__all__ = ["FORM", "LAST", "NOW", "PAIR", "PAIRS", "Judge", "ahead", "sent"]

NOW: Final = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
"""When the simulator's world begins."""

LAST: Final = Decimal(50_000)
"""What its bitcoin trades at."""

FORM: Final = (INVALID, ORDER_MINIMUM, COST_MINIMUM, TICK_SIZE, INVALID_PRICE, "Unsupported field")
"""How refusals begin that depend on the request and the pair alone."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class _Data(msgspec.Struct):
    pairs: list[Pair]


class _Instruments(msgspec.Struct):
    data: _Data


PAIRS: Final = {
    pair.symbol: pair
    for pair in msgspec.json.decode(
        instrument_snapshot((BTC, ETH), {"BTC/USD": "online", "ETH/USD": "online"}), type=_Instruments
    ).data.pairs
}
"""The world's pairs: one decimal and four in BTC/USD, on margin; two and eight in ETH/USD, without."""

PAIR: Final = PAIRS["BTC/USD"]


def sent(params: dict[str, object]) -> bytes:
    """Parameters as they go out."""
    return _ENCODER.encode(params)


class Judge:
    """The simulator's desk, for one request after another: each comes from an account that has done nothing yet."""

    def __init__(self) -> None:
        self.world = World(Rules())
        self._numbers = count()

    def refusal(self, request: OrderRequest) -> str | None:
        """Why it would refuse an order, or None if it would not."""
        params = wire.add_params(request, cl_ord_id=request.cl_ord_id, deadline=None, validate=True)
        (answer,) = self.world.request(self._account(), "add_order", **_read(params))
        return answer.error

    def amend_refusal(self, request: OrderRequest, change: Amend, filled: Decimal = Decimal(0)) -> str | None:
        """Why it would refuse the change of an open order of which so much is filled."""
        self.world = World(Rules())  # nothing has traded that would set off a stop
        account = self._account()
        order = self.world.ask(account, "add_order", **_read(wire.add_params(request, cl_ord_id=None, deadline=None)))
        if filled:
            self.world.crowd("sell", 40_000, int(filled.scaleb(BTC.qty_precision)))
        params = wire.amend_params(change, order_id=order["order_id"])
        (answer,) = self.world.request(account, "amend_order", **_read(params))
        return answer.error

    def _account(self) -> Account:
        deposits = {"USD": 10**9, "BTC": 10**6, "ETH": 10**6}
        return self.world.account(f"account {next(self._numbers)}", deposits=deposits)


def _read(params: dict[str, object]) -> dict[str, Any]:
    """Parameters as the simulator reads them off the wire: numbers are decimals."""
    return json.loads(sent(params), parse_float=Decimal)


def ahead(**span: float) -> datetime:
    """A moment after the world's beginning."""
    return NOW + timedelta(**span)
