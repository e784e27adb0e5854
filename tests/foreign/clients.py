"""The clients as their users make them: nothing is changed but addresses and credentials."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import ccxt.pro
from kraken.spot import Market, SpotOrderBookClient, SpotWSClient

__all__ = ["Books", "Desk", "Keys", "Places", "exchange", "until"]

_VERSION = "/v2"  # the SDK adds it to every address

Top = tuple[list[tuple[float, float]], list[tuple[float, float]]]


class Places(Protocol):
    """Where a simulator listens."""

    public: str
    private: str
    level3: str
    rest: str


class Keys(Protocol):
    """An account's credentials."""

    key: str
    secret: str


class Books(SpotOrderBookClient):
    """python-kraken-sdk's order books, with its own checksum verification.

    Its constructor takes no address: that of the socket is the class attribute WS_URL, that of the REST
    client, which it asks for precisions, is the class attribute URL of `Market`.
    """

    def __init__(self, places: Places, depth: int = 10) -> None:
        self.WS_URL = places.public.removesuffix(_VERSION)
        Market.URL = places.rest
        self.updates: Counter[str] = Counter()
        self.snapshots: Counter[str] = Counter()
        self.mismatches: Counter[str] = Counter()
        self.tops: dict[tuple[str, str], Top] = {}
        super().__init__(depth=depth)

    async def on_book_update(self, pair: str, message: dict[str, Any]) -> None:
        """Called with each message after it was applied, and once more if its checksum did not match."""
        if "error" in message:
            self.mismatches[pair] += 1
            return
        kept = self.snapshots if message["type"] == "snapshot" else self.updates
        kept[pair] += 1
        book = self.get(pair)
        assert book is not None
        sides = ([(float(price), float(qty)) for price, (qty, _) in book[name].items()] for name in ("bid", "ask"))
        bids, asks = sides
        self.tops[pair, message["data"][0]["timestamp"]] = (bids[:10], asks[:10])


class Desk(SpotWSClient):
    """python-kraken-sdk's general client, which keeps what it receives."""

    def __init__(self, places: Places, keys: Keys, *, level3: bool = False) -> None:
        self.messages: list[dict[str, Any]] = []
        super().__init__(
            key=keys.key,
            secret=keys.secret,
            no_public=True,
            rest_url=places.rest,
            auth_ws_url=(places.level3 if level3 else places.private).removesuffix(_VERSION),
        )

    async def on_message(self, message: Any) -> None:
        """Keep a message."""
        self.messages.append(message)

    async def find(self, **fields: Any) -> dict[str, Any]:
        """Wait for a message with these fields."""
        while True:
            for message in self.messages:
                if all(message.get(name) == value for name, value in fields.items()):
                    return message
            await asyncio.sleep(0.02)


def exchange(places: Places, keys: Keys | None = None) -> ccxt.pro.kraken:
    """Make ccxt's exchange object, whose addresses are in its `urls`."""
    credentials = {"apiKey": keys.key, "secret": keys.secret} if keys else {}
    return ccxt.pro.kraken(
        {
            "urls": {
                "api": {
                    "public": places.rest,
                    "private": places.rest,
                    "ws": {
                        "public": places.public,
                        "publicV2": places.public,
                        "private": places.private,
                        "privateV2": places.private,
                    },
                }
            },
            **credentials,
        }
    )


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that the clients do not tell of."""
    async with asyncio.timeout(seconds):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)
