"""The form of symbols, without a list of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.errors import ConfigurationError
from havklo.instruments import canonical, is_canonical


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTC/USD", "BTC/USD"),
        ("btc/usd", "BTC/USD"),
        ("XBT/USD", "BTC/USD"),
        ("eth/xbt", "ETH/BTC"),
        ("XDG/eur", "DOGE/EUR"),
        ("xdg/xbt", "DOGE/BTC"),
        ("XBTC/USD", "XBTC/USD"),
        ("AAPLx/USD", "AAPLx/USD"),
        ("BRK.Bx/usd", "BRK.Bx/USD"),
        ("aaplx/usd", "AAPLX/USD"),
        ("x/y", "X/Y"),
        ("xbtusd", "XBTUSD"),
        ("BTC-usd", "BTC-USD"),
        ("pf_xbtusd", "PF_XBTUSD"),
        ("xbt", "XBT"),
    ],
)
def test_canonical(name: str, symbol: str) -> None:
    """Capitals, and the new name of either side; without a slash capitals alone, for who knows where the base ends."""
    assert canonical(name) == symbol
    assert canonical(symbol) == symbol
    assert is_canonical(symbol) == ("/" in symbol)
    assert is_canonical(name) == (name == symbol and "/" in symbol)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "/",
        "BTC/",
        "/USD",
        "BTC/USD/EUR",
        " BTC/USD",
        "BTC/USD\n",
        "BTC /USD",
        "BTC//USD",
        "\uff22TC/USD",
        "\xdf/USD",
    ],
)
def test_no_symbol(name: str) -> None:
    """What no list could have is refused."""
    assert not is_canonical(name)
    with pytest.raises(ConfigurationError, match=r"is no symbol \(symbols are written BASE/QUOTE, such as BTC/USD\)"):
        canonical(name)


@given(st.text(st.characters(max_codepoint=0x17F), max_size=20))
def test_twice_is_once(name: str) -> None:
    """Whatever the name, what has been made canonical stays as it is."""
    try:
        symbol = canonical(name)
    except ConfigurationError:
        assert not is_canonical(name)
    else:
        assert canonical(symbol) == symbol
        assert is_canonical(symbol) == ("/" in symbol)
