"""Requests and answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

import pytest

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.keys import ApiKey, sign
from havklo.sim.accounts.money import units
from havklo.sim.rest.rest import Rest
from havklo.sim.rest.views import OrderView
from havklo.sim.symbols import pairs

SECOND: Final = 1_000_000_000
NOW: Final = 1_795_356_149 * SECOND  # 2026-11-22 14:02:29


class Exchange:
    """What is listed."""

    def __init__(self) -> None:
        self.pairs = {pair.symbol: pair for pair in pairs(5)}
        self.system = "online"


class Fill(NamedTuple):
    """A fill of 0.00000005 ETH."""

    exec_id: str
    now_ns: int
    fee: tuple[str, int] = ("USD", 30)
    trade_id: int = 7
    price: int = 2_500_00
    qty: int = 5
    cost: int = 1_250_000
    maker: bool = False


@dataclass
class Order:
    """A limit order with nothing special about it."""

    order_id: str
    closed_ns: int | None = None
    cl_ord_id: str | None = None
    userref: int | None = None
    symbol: str = "ETH/USD"
    side: Literal["buy", "sell"] = "sell"
    order_type: str = "limit"
    status: str = "new"
    reason: str | None = None
    qty: int = 100
    filled: int = 0
    cost: int = 0
    fees: Mapping[str, int] = field(default_factory=dict[str, int])
    fee_preference: Literal["base", "quote"] = "quote"
    executions: Sequence[Fill] = ()
    limit_price: int | None = 1
    trigger_price: int | None = None
    post_only: bool = False
    margin: bool = False
    opened_ns: int = 1
    effective_ns: int | None = None
    expire_ns: int | None = None


class Desk:
    """Alice has orders."""

    def __init__(self) -> None:
        self.open = [Order("O1", cl_ord_id="a"), Order("O2", userref=5), Order("O3", userref=5)]
        self.closed = [Order(f"C{n}", n, f"c{n}", n % 3) for n in range(1, 121)]
        self.open[0].executions = [Fill("T901", 901 * SECOND), Fill("T903", 903 * SECOND)]
        self.closed[6].executions = [Fill("T902", 902 * SECOND, maker=True)]
        self.closed[7].executions = [Fill(f"T{n}", n * SECOND, ("ETH", 200)) for n in range(1, 101)]
        self.closed[7].margin = True

    def open_orders(self, account: Account) -> Iterable[OrderView]:
        """Hers only."""
        return self.open if account.name == "alice" else []

    def closed_orders(self, account: Account) -> Iterable[OrderView]:
        """Hers only."""
        return self.closed if account.name == "alice" else []


class Caller:
    """Signs requests for one key."""

    def __init__(self, rest: Rest, key: ApiKey) -> None:
        self.rest = rest
        self.key = key
        self.nonce = 0

    def __call__(self, method: str, now_ns: int = NOW, **fields: object) -> Any:
        """The result, or the list of errors."""
        self.nonce += 1
        path = f"/0/private/{method}"
        body = urlencode({"nonce": self.nonce, **fields}).encode()
        headers = {"API-Key": self.key.key, "api-sign": sign(self.key.secret, path, str(self.nonce), body)}
        status, answer = self.rest.handle("POST", path, headers, {}, body, now_ns)
        assert status == 200
        content = json.loads(answer)
        return content["error"] or content["result"]


@pytest.fixture
def exchange() -> Exchange:
    """Five pairs."""
    return Exchange()


@pytest.fixture
def bank() -> Bank:
    """Alice has money, Bob has none."""
    bank = Bank(7, {"USD", "BTC", "GBP"})
    bank.open("alice", tier="starter", deposits={"USD": "1000.5", "BTC": "0.25"})
    bank.open("bob", tier="pro")
    return bank


@pytest.fixture
def rest(exchange: Exchange, bank: Bank) -> Rest:
    """All of it together."""
    return Rest(exchange, bank, Desk())


@pytest.fixture
def alice(rest: Rest, bank: Bank) -> Caller:
    """Alice calls."""
    return Caller(rest, bank.by_number(1).keys[0])


def get(rest: Rest, path: str, **query: str) -> Any:
    """The answer to a GET."""
    status, answer = rest.handle("GET", path, {}, query, b"", NOW)
    assert status == 200
    return json.loads(answer)


def test_time(rest: Rest) -> None:
    """Kraken writes years with two digits."""
    assert get(rest, "/0/public/Time") == {
        "error": [],
        "result": {"unixtime": 1_795_356_149, "rfc1123": "Sun, 22 Nov 26 14:02:29 +0000"},
    }


def test_system_status(rest: Rest, exchange: Exchange) -> None:
    """The exchange's mode."""
    assert get(rest, "/0/public/SystemStatus")["result"] == {"status": "online", "timestamp": "2026-11-22T14:02:29Z"}
    exchange.system = "cancel_only"
    assert get(rest, "/0/public/SystemStatus")["result"]["status"] == "cancel_only"


def test_listing(rest: Rest) -> None:
    """Some or all, by query or by form."""
    assert len(get(rest, "/0/public/AssetPairs")["result"]) == 5
    assert list(get(rest, "/0/public/AssetPairs", pair="XBTUSD,ETH/USD")["result"]) == ["XXBTZUSD", "ETH/USD"]
    assert list(get(rest, "/0/public/Assets", asset="XBT,ZUSD")["result"]) == ["XXBT", "ZUSD"]
    assert get(rest, "/0/public/AssetPairs", pair="DOTUSD") == {"error": ["EQuery:Unknown asset pair"]}
    assert get(rest, "/0/public/Assets", asset="DOT") == {"error": ["EQuery:Unknown asset"]}
    _, answer = rest.handle("POST", "/0/public/Assets", {}, {}, b"asset=MINA", NOW)
    assert list(json.loads(answer)["result"]) == ["MINA"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/0/public/Depth"),
        ("GET", "/"),
        ("DELETE", "/0/public/Time"),
        ("GET", "/0/private/Balance"),
        ("POST", "/0/private/AddOrder"),
    ],
)
def test_unknown_method(rest: Rest, method: str, path: str) -> None:
    """What is not simulated, and private methods that are not posted."""
    assert rest.handle(method, path, {}, {}, b"", NOW) == (200, b'{"error":["EGeneral:Unknown method"]}')


def test_token(alice: Caller, bank: Bank) -> None:
    """The token belongs to the account, with the key's permissions."""
    answer = alice("GetWebSocketsToken")
    assert answer["expires"] == 900
    assert bank.tokens.check(answer["token"], NOW) is bank.by_number(1)
    assert bank.tokens.allows(answer["token"], "create-orders")
    narrow = Caller(alice.rest, bank.issue_key(bank.by_number(1), {"websockets"}))
    assert not bank.tokens.allows(narrow("GetWebSocketsToken")["token"], "create-orders")


def test_who_may_not(rest: Rest, alice: Caller, bank: Bank) -> None:
    """Kraken's errors for requests without the right key, signature, nonce or permission."""
    assert json.loads(rest.handle("POST", "/0/private/Balance", {}, {}, b"nonce=1", NOW)[1]) == {
        "error": ["EAPI:Invalid key"]
    }
    headers = {"API-Key": alice.key.key, "API-Sign": "AAAA"}
    _, answer = rest.handle("POST", "/0/private/Balance", headers, {}, b"nonce=1", NOW)
    assert json.loads(answer) == {"error": ["EAPI:Invalid signature"]}
    assert isinstance(alice("Balance"), dict)
    alice.nonce = 0
    assert alice("Balance") == ["EAPI:Invalid nonce"]
    other = Caller(rest, bank.issue_key(bank.by_number(1), {"query-orders"}))
    methods = ("GetWebSocketsToken", "Balance", "BalanceEx", "ClosedOrders", "TradesHistory", "QueryTrades")
    assert [other(method) for method in methods] == [["EGeneral:Permission denied"]] * 6
    assert "open" in other("OpenOrders")


def test_lockout(exchange: Exchange, bank: Bank) -> None:
    """Only where it was asked for."""
    caller = Caller(Rest(exchange, bank, Desk(), lockout_after=2), bank.by_number(1).keys[0])
    assert isinstance(caller("Balance"), dict)
    for _ in range(2):
        caller.nonce = 0
        assert caller("Balance") == ["EAPI:Invalid nonce"]
    assert caller("Balance") == ["EGeneral:Temporary lockout"]
    assert isinstance(caller("Balance", NOW + 900 * SECOND), dict)


def test_balances(alice: Caller, bank: Bank) -> None:
    """To the last digit, and how much of it is held."""
    assert alice("Balance") == {"XXBT": "0.2500000000", "ZUSD": "1000.5000000000"}
    bank.by_number(1).hold(1, "USD", units("0.75"))
    assert alice("BalanceEx") == {
        "XXBT": {"balance": "0.2500000000", "hold_trade": "0.0000000000"},
        "ZUSD": {"balance": "1000.5000000000", "hold_trade": "0.7500000000"},
    }


def test_rate_limit(rest: Rest, alice: Caller, bank: Bank) -> None:
    """15 calls of a starter's key, then one in three seconds and a bit; another key has its own counter."""
    assert all(isinstance(alice("Balance"), dict) for _ in range(15))
    assert alice("Balance") == ["EAPI:Rate limit exceeded"]
    # 16 points: 2 of them have to decay at 0.33 a second.
    assert alice("Balance", NOW + 3 * SECOND) == ["EAPI:Rate limit exceeded"]
    assert isinstance(alice("Balance", NOW + 10 * SECOND), dict)
    second = Caller(rest, bank.issue_key(bank.by_number(1)))
    assert isinstance(second("Balance"), dict)
    bob = Caller(rest, bank.by_number(2).keys[0])
    assert [type(bob("Balance")) for _ in range(21)] == [dict] * 20 + [list]


def test_open_orders(alice: Caller, rest: Rest, bank: Bank) -> None:
    """All, or those with an id or a number of the account's own."""
    assert list(alice("OpenOrders")["open"]) == ["O1", "O2", "O3"]
    assert alice("OpenOrders")["open"]["O1"]["descr"]["pair"] == "ETHUSD"
    assert list(alice("OpenOrders", cl_ord_id="a")["open"]) == ["O1"]
    assert list(alice("OpenOrders", userref=5)["open"]) == ["O2", "O3"]
    assert alice("OpenOrders", cl_ord_id="b") == {"open": {}}
    assert alice("OpenOrders", userref="five") == ["EGeneral:Invalid arguments:userref"]
    assert Caller(rest, bank.by_number(2).keys[0])("OpenOrders") == {"open": {}}


def test_closed_orders(alice: Caller) -> None:
    """Fifty at a time, the last one first, and how many there are."""
    first = alice("ClosedOrders")
    assert list(first["closed"]) == [f"C{n}" for n in range(120, 70, -1)]
    assert first["count"] == 120
    assert list(alice("ClosedOrders", ofs=100)["closed"]) == [f"C{n}" for n in range(20, 0, -1)]
    assert alice("ClosedOrders", ofs=120) == {"closed": {}, "count": 120}
    assert list(alice("ClosedOrders", ofs=-9)["closed"]) == list(first["closed"])
    some = alice("ClosedOrders", cl_ord_id="c7")
    assert (list(some["closed"]), some["count"]) == (["C7"], 1)
    assert alice("ClosedOrders", userref=1)["count"] == 40
    assert alice("ClosedOrders", ofs="") == ["EGeneral:Invalid arguments:ofs"]


def test_the_ids_of_fills(alice: Caller) -> None:
    """Orders show them where that is asked for."""
    assert "trades" not in alice("OpenOrders")["open"]["O1"]
    assert alice("OpenOrders", trades="true")["open"]["O1"]["trades"] == ["T901", "T903"]
    assert alice("ClosedOrders", trades="true", cl_ord_id="c7")["closed"]["C7"]["trades"] == ["T902"]


def test_query_orders(alice: Caller, rest: Rest, bank: Bank) -> None:
    """By their ids, open or closed, in the order in which they are named; what is unknown is left out."""
    assert list(alice("QueryOrders", txid="C7,O1,X")) == ["C7", "O1"]
    assert alice("QueryOrders", txid="O1", trades="true")["O1"]["trades"] == ["T901", "T903"]
    assert list(alice("QueryOrders", txid="O1,O2", userref=5)) == ["O2"]
    for wrong in ("", ",".join(f"C{n}" for n in range(51))):
        assert alice("QueryOrders", txid=wrong) == ["EGeneral:Invalid arguments:txid"]
    assert alice("QueryOrders") == ["EGeneral:Invalid arguments:txid"]
    assert Caller(rest, bank.by_number(2).keys[0])("QueryOrders", txid="O1") == {}


def test_query_trades(alice: Caller) -> None:
    """Beside the fields of Kraken's own sample."""
    assert alice("QueryTrades", txid="T902,T7,X") == {
        "T902": {
            "ordertxid": "C7",
            "pair": "XETHZUSD",
            "aclass": "forex",
            "time": 902.0,
            "type": "sell",
            "ordertype": "limit",
            "price": "2500.00",
            "cost": "0.00012",
            "fee": "0.00000",
            "vol": "0.00000005",
            "margin": "0.00000",
            "leverage": "0",
            "misc": "",
            "trade_id": 7,
            "maker": True,
        },
        "T7": {
            "ordertxid": "C8",
            "pair": "XETHZUSD",
            "aclass": "forex",
            "time": 7.0,
            "type": "sell",
            "ordertype": "limit",
            "price": "2500.00",
            "cost": "0.00012",
            "fee": "0.00000002",
            "vol": "0.00000005",
            "margin": "0.00002",
            "leverage": "5",
            "misc": "",
            "trade_id": 7,
            "maker": False,
        },
    }
    assert alice("QueryTrades", txid=",".join(f"T{n}" for n in range(21))) == ["EGeneral:Invalid arguments:txid"]


def test_trades_history(alice: Caller, rest: Rest, bank: Bank) -> None:
    """Fifty at a time, the last one first; after a moment, and up to one."""
    first = alice("TradesHistory")
    assert list(first["trades"]) == ["T903", "T902", "T901", *(f"T{n}" for n in range(100, 53, -1))]
    assert first["count"] == 103
    assert list(alice("TradesHistory", ofs=100)["trades"]) == ["T3", "T2", "T1"]
    some = alice("TradesHistory", start="50.5", end="T902")
    assert (list(some["trades"])[:3], some["count"]) == (["T902", "T901", "T100"], 52)
    assert list(alice("TradesHistory", start="T902")["trades"]) == ["T903"]
    assert alice("TradesHistory", end="soon") == ["EGeneral:Invalid arguments:end"]
    assert Caller(rest, bank.by_number(2).keys[0])("TradesHistory") == {"trades": {}, "count": 0}


def test_history_counts_twice(alice: Caller) -> None:
    """Seven looks into the history of trades, and one more call: a starter's fifteen."""
    assert all(isinstance(alice("TradesHistory"), dict) for _ in range(7))
    assert isinstance(alice("QueryOrders", txid="O1"), dict)
    assert alice("QueryTrades", txid="T1") == ["EAPI:Rate limit exceeded"]
