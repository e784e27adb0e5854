"""Kraken's REST interface without any I/O: a request goes in, a status and a body come out.

Every answer has HTTP status 200, errors too, as on Kraken.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import format_datetime
from typing import Final, NamedTuple, final
from urllib.parse import parse_qsl

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.counter import RestCounter
from havklo.sim.accounts.keys import ApiKey, KeyCheck, Permission, Refused
from havklo.sim.accounts.money import SCALE
from havklo.sim.rest import listing
from havklo.sim.rest.orders import order
from havklo.sim.rest.trades import Trade, latest_first, trade
from havklo.sim.rest.views import DeskView, ExchangeView, OrderView
from havklo.sim.symbols import rest_asset
from havklo.sim.wire.frames import decimal

__all__ = ["Rest"]

_SECOND: Final = 1_000_000_000
_PAGE: Final = 50  # closed orders, or trades, in one answer
_HISTORY: Final = 2  # that a look into the history of trades counts
_MOST_ORDERS: Final = 50  # that may be asked for by their ids
_MOST_TRADES: Final = 20

_Fields = Mapping[str, str]


class _Call(NamedTuple):
    """A private call: what the key needs, who answers, and what it counts on the key's counter."""

    permission: Permission
    answer: Callable[[ApiKey, Account, _Fields, int], object]
    cost: int = 1


@final
class Rest:
    """The REST interface of one exchange.

    Args:
        exchange: What is listed.
        bank: Whose accounts may ask.
        desk: Where their orders are.
        lockout_after: After how many wrong keys, signatures or nonces in a row a key is locked out for 15
            minutes; None: never.
    """

    def __init__(self, exchange: ExchangeView, bank: Bank, desk: DeskView, *, lockout_after: int | None = None) -> None:
        self._exchange = exchange
        self._bank = bank
        self._desk = desk
        self._keys = KeyCheck(bank.key, lockout_after=lockout_after)
        self._counters: dict[str, RestCounter] = {}
        self._public: dict[str, Callable[[_Fields, int], object]] = {
            "/0/public/Time": self._time,
            "/0/public/SystemStatus": self._system_status,
            "/0/public/Assets": self._assets,
            "/0/public/AssetPairs": self._asset_pairs,
        }
        self._private = {
            "/0/private/GetWebSocketsToken": _Call("websockets", self._token),
            "/0/private/Balance": _Call("query-funds", self._balance),
            "/0/private/BalanceEx": _Call("query-funds", self._balance_ex),
            "/0/private/OpenOrders": _Call("query-orders", self._open_orders),
            "/0/private/ClosedOrders": _Call("query-closed-orders", self._closed_orders),
            "/0/private/QueryOrders": _Call("query-orders", self._query_orders),
            "/0/private/TradesHistory": _Call("query-closed-orders", self._trades_history, _HISTORY),
            "/0/private/QueryTrades": _Call("query-closed-orders", self._query_trades, _HISTORY),
        }

    def __repr__(self) -> str:
        return f"<Rest {len(self._public)} public and {len(self._private)} private methods>"

    def handle(
        self, method: str, path: str, headers: _Fields, query: _Fields, body: bytes, now_ns: int
    ) -> tuple[int, bytes]:
        """Answer a request.

        Args:
            method: GET or POST; private methods are only there for POST.
            path: Like /0/public/Time.
            headers: In whatever case.
            query: What stands behind the question mark, decoded.
            body: The form of a POST, as it was sent.
            now_ns: When it arrives.

        Returns:
            The HTTP status and the JSON body.
        """
        try:
            result = self._result(method, path, headers, query, body, now_ns)
        except Refused as refused:
            return 200, _json({"error": [str(refused)]})
        return 200, _json({"error": [], "result": result})

    def _result(self, method: str, path: str, headers: _Fields, query: _Fields, body: bytes, now_ns: int) -> object:
        public = self._public.get(path)
        if public is not None and method in {"GET", "POST"}:
            return public({**query, **_form(body)}, now_ns)
        private = self._private.get(path)
        if private is None or method != "POST":
            raise Refused("EGeneral:Unknown method")
        given = {name.lower(): value for name, value in headers.items()}
        key = self._keys.check(
            path, given.get("api-key", ""), given.get("api-sign", ""), body, private.permission, now_ns
        )
        account = self._bank.by_number(key.account)
        counter = self._counters.get(key.key)
        if counter is None:
            counter = self._counters[key.key] = RestCounter(account.tier)
        if not counter.charge(now_ns, private.cost):
            raise Refused("EAPI:Rate limit exceeded")
        return private.answer(key, account, _form(body), now_ns)

    def _time(self, _fields: _Fields, now_ns: int) -> object:
        moment = datetime.fromtimestamp(now_ns // _SECOND, UTC)
        # Kraken's year has two digits.
        text = format_datetime(moment).replace(f" {moment.year} ", f" {moment.year % 100:02} ")
        return {"unixtime": now_ns // _SECOND, "rfc1123": text}

    def _system_status(self, _fields: _Fields, now_ns: int) -> object:
        moment = datetime.fromtimestamp(now_ns // _SECOND, UTC)
        return {"status": self._exchange.system, "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def _assets(self, fields: _Fields, _now_ns: int) -> object:
        found = listing.assets(self._exchange.pairs.values(), _names(fields.get("asset")))
        if found is None:
            raise Refused("EQuery:Unknown asset")
        return found

    def _asset_pairs(self, fields: _Fields, _now_ns: int) -> object:
        found = listing.asset_pairs(self._exchange.pairs, _names(fields.get("pair")))
        if found is None:
            raise Refused("EQuery:Unknown asset pair")
        return found

    def _token(self, key: ApiKey, account: Account, _fields: _Fields, now_ns: int) -> object:
        tokens = self._bank.tokens
        return {"token": tokens.issue(account, now_ns, key.permissions), "expires": tokens.seconds}

    def _balance(self, _key: ApiKey, account: Account, _fields: _Fields, _now_ns: int) -> object:
        return {rest_asset(asset): decimal(units, SCALE) for asset, units in account.balances().items()}

    def _balance_ex(self, _key: ApiKey, account: Account, _fields: _Fields, _now_ns: int) -> object:
        return {
            rest_asset(asset): {"balance": decimal(units, SCALE), "hold_trade": decimal(account.held(asset), SCALE)}
            for asset, units in account.balances().items()
        }

    def _open_orders(self, _key: ApiKey, account: Account, fields: _Fields, _now_ns: int) -> object:
        return {"open": self._orders(_matching(self._desk.open_orders(account), fields), fields)}

    def _closed_orders(self, _key: ApiKey, account: Account, fields: _Fields, _now_ns: int) -> object:
        views = _matching(self._desk.closed_orders(account), fields)
        views.sort(key=lambda view: view.closed_ns or 0, reverse=True)
        offset = max(0, _integer(fields, "ofs") or 0)
        return {"closed": self._orders(views[offset : offset + _PAGE], fields), "count": len(views)}

    def _query_orders(self, _key: ApiKey, account: Account, fields: _Fields, _now_ns: int) -> object:
        names = _ids(fields, _MOST_ORDERS)
        known = {view.order_id: view for view in _matching(self._all_orders(account), fields)}
        return self._orders([known[name] for name in names if name in known], fields)

    def _trades_history(self, _key: ApiKey, account: Account, fields: _Fields, _now_ns: int) -> object:
        trades = latest_first(self._all_orders(account))
        first, last = (_moment(fields, name, trades) for name in ("start", "end"))
        wanted = [
            each
            for each in trades
            if (first is None or each.fill.now_ns > first) and (last is None or each.fill.now_ns <= last)
        ]
        offset = max(0, _integer(fields, "ofs") or 0)
        return {"trades": self._trades(wanted[offset : offset + _PAGE]), "count": len(wanted)}

    def _query_trades(self, _key: ApiKey, account: Account, fields: _Fields, _now_ns: int) -> object:
        names = _ids(fields, _MOST_TRADES)
        known = {each.fill.exec_id: each for each in latest_first(self._all_orders(account))}
        return self._trades([known[name] for name in names if name in known])

    def _all_orders(self, account: Account) -> list[OrderView]:
        return [*self._desk.open_orders(account), *self._desk.closed_orders(account)]

    def _orders(self, views: Iterable[OrderView], fields: _Fields) -> dict[str, object]:
        trades = fields.get("trades") == "true"
        return {view.order_id: order(view, self._exchange.pairs[view.symbol], trades=trades) for view in views}

    def _trades(self, trades: Iterable[Trade]) -> dict[str, object]:
        return {each.fill.exec_id: trade(each, self._exchange.pairs[each.order.symbol]) for each in trades}


def _matching(views: Iterable[OrderView], fields: _Fields) -> list[OrderView]:
    cl_ord_id = fields.get("cl_ord_id")
    userref = _integer(fields, "userref")
    return [
        view
        for view in views
        if (cl_ord_id is None or view.cl_ord_id == cl_ord_id) and (userref is None or view.userref == userref)
    ]


def _integer(fields: _Fields, name: str) -> int | None:
    text = fields.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise Refused(f"EGeneral:Invalid arguments:{name}") from None


def _ids(fields: _Fields, most: int) -> list[str]:
    names = _names(fields.get("txid"))
    if not 0 < len(names) <= most:
        raise Refused("EGeneral:Invalid arguments:txid")
    return names


def _moment(fields: _Fields, name: str, trades: Iterable[Trade]) -> int | None:
    """A moment that is given by seconds since 1970, or by the id of a trade."""
    text = fields.get(name)
    if text is None:
        return None
    for each in trades:
        if each.fill.exec_id == text:
            return each.fill.now_ns
    try:
        return int(Decimal(text) * _SECOND)
    except (InvalidOperation, OverflowError, ValueError):
        raise Refused(f"EGeneral:Invalid arguments:{name}") from None


def _names(text: str | None) -> list[str]:
    return text.split(",") if text else []


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
