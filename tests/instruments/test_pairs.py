"""The list of pairs and the names that pairs are found by."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.errors import HavkloError, UnknownSymbol
from havklo.instruments import Pairs
from instruments.conftest import listed


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTC/USD", "BTC/USD"),
        ("btc/usd", "BTC/USD"),
        ("Btc/uSd", "BTC/USD"),
        ("XBT/USD", "BTC/USD"),
        ("xbt/usd", "BTC/USD"),
        ("BTCUSD", "BTC/USD"),
        ("btcusd", "BTC/USD"),
        ("XBTUSD", "BTC/USD"),
        ("XXBTZUSD", "BTC/USD"),
        ("xxbtzusd", "BTC/USD"),
        ("XXBT/ZUSD", "BTC/USD"),
        ("BTC-USD", "BTC/USD"),
        ("BTC_USD", "BTC/USD"),
        ("xbt:usd", "BTC/USD"),
        ("XBTUSDT", "BTC/USDT"),
        ("XXBTZEUR", "BTC/EUR"),
        ("XETHZEUR", "ETH/EUR"),
        ("XETHXXBT", "ETH/BTC"),
        ("ETHXBT", "ETH/BTC"),
        ("ETH/XBT", "ETH/BTC"),
        ("ETHUSDT", "ETH/USDT"),
        ("XDG/USD", "DOGE/USD"),
        ("XDGUSD", "DOGE/USD"),
        ("XXDGXXBT", "DOGE/BTC"),
        ("XDGXBT", "DOGE/BTC"),
        ("dogeusd", "DOGE/USD"),
        ("XXRPZGBP", "XRP/GBP"),
        ("XXMRZEUR", "XMR/EUR"),
        ("ZEURZUSD", "EUR/USD"),
        ("EURUSD", "EUR/USD"),
        ("USDTZUSD", "USDT/USD"),
        ("SOLUSD", "SOL/USD"),
        ("AAPLx/USD", "AAPLx/USD"),
        ("AAPLX/USD", "AAPLx/USD"),
        ("aaplxusd", "AAPLx/USD"),
        ("1inch-eur", "1INCH/EUR"),
    ],
)
def test_names(kraken: Pairs, name: str, symbol: str) -> None:
    """Whatever a pair is called, by people or by Kraken's older interfaces, leads to it."""
    assert kraken.resolve(name) == symbol
    assert kraken[name] is kraken[symbol]
    assert kraken.get(name) is kraken[symbol]
    assert name in kraken


@pytest.mark.parametrize(
    ("name", "suggestions"),
    [
        ("BCT/USD", ("BTC/USD", "BCH/USD", "BAT/USD")),
        ("ETHUSDD", ("ETH/USD", "ETH/USDT")),
        ("USD/BTC", ("BTC/USD",)),
        ("usdbtc", ("BTC/USD",)),
        ("EUR-XBT", ("BTC/EUR",)),
        ("DOGE/UDS", ("DOGE/USD",)),
        ("DOEG/USD", ("DOGE/USD",)),
        ("XBT/USDD", ("BTC/USD", "BTC/USDT")),
        ("BTC/CHF", ("BTC/USD", "BTC/EUR", "BTC/USDT")),
        ("XBT", ("BTC/USD", "BTC/EUR", "BTC/USDT")),
        ("eth", ("ETH/USD", "ETH/EUR", "ETH/BTC")),
        (" BTC/USD", ("BTC/USD", "BTC/USDT")),
        ("BTC/USD/", ("BTC/USD", "BTC/USDT")),
        ("BTC//USD", ("BTC/USD", "BTC/USDT")),
    ],
)
def test_did_you_mean(kraken: Pairs, name: str, suggestions: tuple[str, ...]) -> None:
    """A slip of the keys, the wrong way round, a quote that is not listed: the likeliest first."""
    with pytest.raises(UnknownSymbol, match="no pair is listed as") as caught:
        kraken.resolve(name)
    assert caught.value.suggestions[: len(suggestions)] == suggestions
    assert len(caught.value.suggestions) <= 3
    assert caught.value.hint == f"did you mean {', '.join(caught.value.suggestions)}?"
    assert caught.value.symbol == name
    assert str(caught.value) == f"no pair is listed as {name!r} ({caught.value.hint})"


@pytest.mark.parametrize("name", ["", "/", "QQQ/ZZZ", "*", "12345678", "\n", "x" * 100_000, "l\u0131nk/jpy", "\u017fd"])
def test_no_idea(kraken: Pairs, name: str) -> None:
    """Where nothing is alike, nothing is suggested, and a long name is not repeated."""
    with pytest.raises(UnknownSymbol, match=r"symbols are written BASE/QUOTE, such as BTC/USD") as caught:
        kraken.resolve(name)
    assert caught.value.suggestions == ()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["eth/u\u017fd", "eth\u2215usd", "\uff25TH/USD", "eth/usd\n", "eth /usd"])
def test_only_ascii(kraken: Pairs, name: str) -> None:
    """Letters that only look like others, or whose capitals are others, are not taken for them."""
    with pytest.raises(UnknownSymbol):
        kraken.resolve(name)


def test_ambiguous() -> None:
    """A name of two pairs is neither; written with its slash it is clear."""
    pairs = Pairs(map(listed, ("XB/TUSD", "BTC/USD", "AB/CUSD", "ABC/USD", "BTC/USDx", "BTC/USDX", "BTc/USDX")))
    for name, symbols in (("XBTUSD", ("XB/TUSD", "BTC/USD")), ("abcusd", ("AB/CUSD", "ABC/USD"))):
        with pytest.raises(UnknownSymbol, match=f"'{name}' is a name of 2 pairs") as caught:
            pairs.resolve(name)
        assert caught.value.suggestions == symbols
        assert name not in pairs
        assert pairs.get(name) is None
    with pytest.raises(
        UnknownSymbol, match=r"'btc/usdx' is a name of 3 pairs \(did you mean BTC/USDx, BTC/USDX, BTc/USDX"
    ):
        pairs.resolve("btc/usdx")
    assert [pairs.resolve(name) for name in ("BTC/USDX", "XBT/USD", "abc-usd")] == ["BTC/USDX", "BTC/USD", "ABC/USD"]


def test_a_strange_symbol() -> None:
    """What Kraken lists can be had by its exact name, whatever it looks like, and by no other."""
    symbols = ("PF_XBTUSD", "ODD PAIR", "Ünïts/USD", "A/B/C", "BTC/USD")
    pairs = Pairs(map(listed, symbols))
    assert [pairs.resolve(symbol) for symbol in symbols] == list(symbols)
    assert pairs.resolve("pf_xbtusd") == "PF_XBTUSD"
    for name in ("odd pair", "ünïts/usd", "ÜNÏTS/USD", "AB/C", "", " ", "BTC USD"):
        assert name not in pairs


def test_a_mapping(kraken: Pairs) -> None:
    """By symbol, in listing order; equal to what has the same pairs."""
    assert list(kraken)[:3] == list(kraken.keys())[:3] == ["ETH/USD", "ETH/EUR", "ETH/BTC"]
    assert len(kraken) == len(kraken.values()) == 18
    assert [(symbol, kraken[symbol]) for symbol in kraken] == list(kraken.items())
    assert kraken == Pairs(kraken.values())
    assert kraken != Pairs()
    assert kraken.get("NO/PE") is None
    assert kraken.get("NO/PE", 5) == 5
    assert kraken.get("XBTUSD", 5) is kraken["BTC/USD"]
    assert "NO/PE" not in kraken
    assert None not in kraken
    with pytest.raises(LookupError):
        kraken["NO/PE"]
    with pytest.raises(HavkloError):
        Pairs()["BTC/USD"]
    assert repr(kraken) == "<Pairs 18: ETH/USD, ETH/EUR, ETH/BTC, ...>"
    assert repr(Pairs()) == "<Pairs 0: >"


def test_updated(kraken: Pairs) -> None:
    """A new value: what has changed stands at its place, what is new at the end; the old value stays as it was."""
    before = kraken["XBTUSD"]
    known = kraken.updated([listed("BTC/USD", status="cancel_only"), listed("ETH/EUR", status="delisted")])
    assert (kraken["BTC/USD"], known["xbt/usd"].status) == (before, "cancel_only")
    assert list(known) == list(kraken)
    assert known._index is kraken._index is not None  # names are not worked out again
    more = known.updated([listed("NEW/USD"), listed("BTC/USD", status="online"), listed("NEW/USD", status="post_only")])
    assert list(more) == [*kraken, "NEW/USD"]
    assert (more["newusd"].status, more["XBTUSD"].status) == ("post_only", "online")
    assert "newusd" not in known
    assert kraken.updated([]) == kraken


def test_names_are_worked_out_when_they_are_needed(kraken: Pairs) -> None:
    """Who uses Kraken's own symbols never pays for the others."""
    assert kraken["BTC/USD"].base == "BTC"
    assert kraken.updated([listed("NEW/USD")]).resolve("NEW/USD") == "NEW/USD"
    assert kraken._index is None


def test_fifteen_hundred() -> None:
    """In a listing as long as Kraken's, every pair is found by every name, and no name is looked for in the list."""
    rng = random.Random(7)
    bases = {"".join(rng.choices(string.ascii_uppercase, k=rng.randint(3, 6))) for _ in range(500)}
    symbols = [f"{base}/{quote}" for base in sorted(bases) for quote in ("USD", "EUR", "USDT")]
    pairs = Pairs(map(listed, symbols))
    for symbol in symbols:
        base, _, quote = symbol.partition("/")
        names = (symbol.lower(), f"{base}-{quote}", f"{base}Z{quote}" if quote != "USDT" else symbol)
        assert all(pairs.resolve(name) == symbol for name in names)
    assert pairs._index is not None
    assert len(pairs._index) <= 10 * len(symbols)


@given(st.text(max_size=60))
def test_any_text(name: str) -> None:
    """Any text at all is a name or is refused with `UnknownSymbol`, and asking does not differ from looking."""
    pairs = Pairs(map(listed, ("BTC/USD", "ETH/USD", "DOGE/EUR")))
    if name in pairs:
        assert pairs.get(name) is pairs[name]
    else:
        assert pairs.get(name) is None
        with pytest.raises(UnknownSymbol) as caught:
            pairs.resolve(name)
        assert set(caught.value.suggestions) <= set(pairs)
