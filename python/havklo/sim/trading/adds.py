"""add_order and batch_add: new orders, one or several."""

from collections.abc import Mapping
from typing import Final, cast, final

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.counter import cost_add, cost_batch_add
from havklo.sim.exchange import Exchange
from havklo.sim.symbols import Pair
from havklo.sim.trading.admission import Admission, charge
from havklo.sim.trading.answer import Answer, identity
from havklo.sim.trading.dealer import Dealer
from havklo.sim.trading.fields import Fields
from havklo.sim.trading.intake import ADD_FIELDS, BATCH_FIELDS, check_deadline, read_order
from havklo.sim.trading.refusals import RefusedError, invalid
from havklo.sim.trading.terms import NewOrder

__all__ = ["Adds"]

ENVELOPE: Final = frozenset({"deadline", "orders", "symbol", "token", "validate"})
_BATCH: Final = range(2, 16)

Result = dict[str, object]


@final
class Adds:
    """New orders.

    Args:
        exchange: The markets.
        dealer: Who brings them there.
        admission: Who decides whether they may come in.
    """

    def __init__(self, exchange: Exchange, dealer: Dealer, admission: Admission) -> None:
        self._exchange = exchange
        self._dealer = dealer
        self._admission = admission

    def add(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer add_order."""
        pair = self._pair(params)
        charge(account, pair.symbol, now_ns, cost_add())
        fields = Fields(params, "add order", ADD_FIELDS)
        check_deadline(fields, now_ns)
        terms, warnings = self._read(account, pair, fields, now_ns)
        result = self._place(account, pair, terms, now_ns, validate=fields.flag("validate"))
        return [Answer(True, _with(result, warnings))]

    def batch_add(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer batch_add: nothing of it is done if one order can't be; lack of money concerns one alone."""
        pair = self._pair(params)
        rows = params.get("orders")
        if not isinstance(rows, list) or len(cast("list[object]", rows)) not in _BATCH:
            raise invalid("orders")
        charge(account, pair.symbol, now_ns, cost_batch_add(len(cast("list[object]", rows))))
        fields = Fields(params, "batch add", ENVELOPE)
        check_deadline(fields, now_ns)
        validate = fields.flag("validate")
        orders = [self._read_row(account, pair, row, now_ns) for row in cast("list[object]", rows)]
        names = [terms.cl_ord_id for terms, _ in orders if terms.cl_ord_id is not None]
        if len(set(names)) < len(names) and self._exchange.rules.duplicate_cl_ord_id == "refuse":
            raise RefusedError(self._exchange.rules.texts.duplicate_cl_ord_id)
        results: list[Result] = []
        for terms, warnings in orders:
            try:
                result = self._place(account, pair, terms, now_ns, validate=validate)
            except RefusedError as refused:
                if self._exchange.rules.batch_refusal == "entry":
                    results.append({"error": refused.error, "success": False})
            else:
                results.append(_with(result, warnings))
        return [Answer(True, results)]

    def _pair(self, params: Mapping[str, object]) -> Pair:
        symbol = params.get("symbol")
        if not isinstance(symbol, str):
            raise invalid("symbol")
        pair = self._exchange.pairs.get(symbol)
        if pair is None:
            raise RefusedError(f"Currency pair not supported {symbol}")
        self._admission.check_service(symbol)
        return pair

    def _read_row(self, account: Account, pair: Pair, row: object, now_ns: int) -> tuple[NewOrder, list[str]]:
        if not isinstance(row, dict):
            raise invalid("orders")
        return self._read(account, pair, Fields(cast("Result", row), "batch add", BATCH_FIELDS), now_ns)

    def _read(self, account: Account, pair: Pair, fields: Fields, now_ns: int) -> tuple[NewOrder, list[str]]:
        position = account.position(pair.symbol).qty
        terms, warnings = read_order(fields, pair, self._exchange.rules, now_ns, position=position)
        self._admission.check_market(pair.symbol, terms)
        self._admission.check_names(account, terms)
        self._admission.check_size(pair, terms, now_ns)
        return terms, warnings

    def _place(self, account: Account, pair: Pair, terms: NewOrder, now_ns: int, *, validate: bool) -> Result:
        ticket = self._admission.admit(account, pair, terms, now_ns)
        if validate:
            account.release(ticket.number)
            return {}
        self._dealer.place(ticket, now_ns)
        return identity(ticket)


def _with(result: Result, warnings: list[str]) -> Result:
    return result | {"warnings": warnings} if warnings else result
