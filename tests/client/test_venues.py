"""Venues: where a client connects to."""

import pytest

from havklo import LIVE, Client, ConfigurationError, EndpointUnavailable
from havklo.venues import UrlVenue


def test_live_is_the_default() -> None:
    """Without a venue a client goes to Kraken itself."""
    assert Client().venue is LIVE
    assert (LIVE.name, repr(LIVE)) == ("live", "<KrakenVenue live>")
    assert Client().clock is LIVE.clock


def test_live_addresses() -> None:
    """Kraken's addresses are those of its documentation."""
    assert dict(LIVE.endpoints) == {
        "public": "wss://ws.kraken.com/v2",
        "private": "wss://ws-auth.kraken.com/v2",
        "level3": "wss://ws-l3.kraken.com/v2",
        "futures": "wss://futures.kraken.com/ws/v1",
        "rest": "https://api.kraken.com",
    }
    assert LIVE.endpoint("level3") == "wss://ws-l3.kraken.com/v2"


def test_a_bare_url_is_public_only() -> None:
    """Other roles of a bare URL are errors that say so."""
    venue = Client("ws://127.0.0.1:8900/v2").venue
    assert isinstance(venue, UrlVenue)
    assert venue.endpoint("public") == venue.name == "ws://127.0.0.1:8900/v2"
    with pytest.raises(EndpointUnavailable) as caught:
        venue.endpoint("level3")
    assert (caught.value.role, caught.value.venue) == ("level3", venue.name)


@pytest.mark.parametrize("url", ["", "ws://", "ws:///v2", "https://ws.kraken.com", "127.0.0.1:8900", "ws:x"])
def test_what_is_no_address(url: str) -> None:
    """What can't be a WebSocket's address is refused before anything is tried."""
    with pytest.raises(ConfigurationError, match="is no WebSocket address"):
        UrlVenue(url)
