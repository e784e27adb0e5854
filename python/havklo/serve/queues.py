"""`/relay`: what needs an API key. The key stays on this side; pages get level-3 books, own orders and their places.

One client asks Kraken for all pages. A page is sent what a book is like now, at most ten times a second and only after
it has read the one before: a slow page sees fewer pictures, each of them whole.
"""

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final, Literal, final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from havklo.channels import level3
from havklo.client import Client
from havklo.errors import ConfigurationError, Disconnected, HavkloError
from havklo.health import Health
from havklo.instruments import canonical
from havklo.serve._tasks import end
from havklo.serve.refusals import told
from havklo.statistics import ClientStatistics
from havklo.venues import Venue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from havklo.credentials import Credentials
    from havklo.events import Level3Book
    from havklo.level3 import Level3Subscription
    from havklo.orders import Order

__all__ = ["Queues", "picture"]

_logger = logging.getLogger("havklo.serve")

_EVERY: Final = 0.1
_GOODBYE: Final = 0.5
_MOST_REQUEST: Final = 1 << 16
_MOST_ORDERS: Final = 100
_LEVELS: Final = 10
_FIRST: Final = 10
_MILLISECOND: Final = 1_000_000
_PLEASE: Final = '{"method": "subscribe", "symbol": "BTC/USD", "depth": 100, "orders": [], "own": true}'


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A page's request."""

    method: Literal["subscribe", "unsubscribe"]
    symbol: str
    depth: Literal[10, 100, 1000] = 10
    orders: tuple[str, ...] = ()
    own: bool = False


_asked: Final = msgspec.json.Decoder(_Asked)


@final
class Queues:
    """The client behind all pages; it begins when the first page asks for something.

    Args:
        venue: Where to ask.
        credentials: The API key.
    """

    def __init__(self, venue: Venue, credentials: "Credentials") -> None:
        self._venue = venue
        self._credentials = credentials
        self._kraken: Client | None = None
        self._life: asyncio.Task[None] | None = None
        self._begun_with: asyncio.Future[Client] | None = None
        self._stop = asyncio.Event()
        self._pages: set[_Page] = set()

    def __repr__(self) -> str:
        return f"<Queues of {self._venue.name}, {'idle' if self._kraken is None else 'at work'}>"

    @property
    def observed(self) -> Client | None:
        """The client while there is one, for health and metrics."""
        return self._kraken

    def taken(self) -> tuple[Health, ClientStatistics] | None:
        """Its health and counters while there is one."""
        return None if self._kraken is None else (self._kraken.health(), self._kraken.statistics())

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a page until it goes."""
        socket = web.WebSocketResponse(compress=False, max_msg_size=_MOST_REQUEST, timeout=_GOODBYE)
        await socket.prepare(request)
        page = _Page(socket)
        self._pages.add(page)
        drawing = asyncio.create_task(self._draw(page))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    try:
                        await self._answer(page, message.data)
                    except HavkloError as error:
                        with contextlib.suppress(ConnectionError):
                            await page.say(told(error))
        finally:
            self._pages.discard(page)
            await end(drawing)
            for watched in page.books.values():
                with contextlib.suppress(Disconnected):  # then the client has ended, and nothing is subscribed
                    await watched.subscription.unsubscribe()
        return socket

    async def goodbye(self) -> None:
        """Let the pages go."""
        self._stop.set()
        await asyncio.gather(*(page.goodbye() for page in self._pages))

    async def close(self) -> None:
        """End the client."""
        self._stop.set()
        if self._life is not None:
            await asyncio.wait([self._life])

    async def _answer(self, page: "_Page", text: str) -> None:
        try:
            asked = _asked.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ConfigurationError(f"this can't be read: {error}", hint=_PLEASE) from error
        if len(asked.orders) > _MOST_ORDERS:
            raise ConfigurationError(f"a page can ask for {_MOST_ORDERS} orders at most, not {len(asked.orders)}")
        symbol = canonical(asked.symbol)
        before = page.books.pop(symbol, None)
        if before is not None:
            await before.subscription.unsubscribe()
        if asked.method == "subscribe":
            kraken = await self._begun()
            subscription = await kraken.subscribe(level3(symbol, depth=asked.depth))
            watched = page.books[symbol] = _Watched(subscription, asked.orders)
            if asked.own:
                await kraken.orders.start()  # a key without the permission leaves the book as it is
                watched.own = kraken.orders.open

    async def _begun(self) -> Client:
        """The client, at work.

        Raises:
            Disconnected: It could not begin, or the gateway is ending.
        """
        if self._stop.is_set():
            raise Disconnected("the gateway is ending")
        if self._begun_with is None or self._life is None or self._life.done():
            self._begun_with = asyncio.get_running_loop().create_future()
            self._life = asyncio.create_task(self._live(self._begun_with))
        return await asyncio.shield(self._begun_with)

    async def _live(self, begun: "asyncio.Future[Client]") -> None:
        """A client's whole life: one task enters and leaves it."""
        try:
            async with Client(self._venue, credentials=self._credentials) as kraken:
                self._kraken = kraken
                begun.set_result(kraken)
                await self._stop.wait()
        except Exception as error:
            if not begun.done():
                begun.set_exception(error)
            else:
                _logger.exception("the client for level 3 has ended")
        finally:
            self._kraken = None

    async def _draw(self, page: "_Page") -> None:
        """Send what has changed, as long as the page is there."""
        clock = self._venue.clock
        try:
            async for _ in clock.every(_EVERY):
                for watched in tuple(page.books.values()):
                    now_ns = clock.epoch_ns()
                    if watched.has_changed(now_ns):
                        book = watched.subscription.book
                        await page.say(picture(book, watched.orders, now_ns, watched.own_orders()))
        except ConnectionError:
            return  # the page has gone, which its own end learns, too


def picture(book: "Level3Book", orders: tuple[str, ...], now_ns: int, own: "Sequence[Order]" = ()) -> dict[str, Any]:
    """A level-3 book as a page gets it, prices and quantities as texts, digit for digit.

    While the book is not live nobody knows its queues, so there are none, and no order has a place.

    Args:
        book: The book.
        orders: Ids of orders whose places are wanted.
        now_ns: What time it is, by the wall clock, for the book's age.
        own: The account's open orders in this pair. The account knows them also where the book does not reach.
    """
    peek = book.peek(now_ns)
    is_live = peek.state == "live"
    mine = {order.order_id: order for order in own if order.order_id is not None}
    named = (*mine, *(order_id for order_id in orders if order_id not in mine))
    return {
        "channel": "level3",
        "symbol": book.symbol,
        "state": str(peek.state),
        "reason": peek.reason,
        "age_ms": None if peek.age_ns is None else peek.age_ns / _MILLISECOND,
        "timestamp": book.timestamp,
        "bids": _side(book, "bid") if is_live else [],
        "asks": _side(book, "ask") if is_live else [],
        "orders": [_place(book, order_id, mine.get(order_id)) for order_id in named] if is_live else [],
    }


def _side(book: "Level3Book", side: Literal["bid", "ask"]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for rank, level in enumerate(book.bids(_LEVELS) if side == "bid" else book.asks(_LEVELS)):
        orders = book.orders(side, rank)
        first = [{"order_id": each.order_id, "order_qty": f"{each.order_qty:f}"} for each in orders[:_FIRST]]
        level_json = {"price": f"{level.price:f}", "qty": f"{level.qty:f}", "orders": len(orders)}
        found.append(level_json | {"proven": level.proven, "first": first})
    return found


def _place(book: "Level3Book", order_id: str, own: "Order | None") -> dict[str, Any]:
    order, place = book.order(order_id), book.queue_position(order_id)
    side, price, qty = (None, None, None) if order is None else (order.side, order.limit_price, order.order_qty)
    if order is None and own is not None:
        side, price, qty = ("bid" if own.side == "buy" else "ask"), own.limit_price, own.remaining
    return {
        "order_id": order_id,
        "own": own is not None,
        "side": side,
        "limit_price": None if price is None else f"{price:f}",
        "order_qty": None if qty is None else f"{qty:f}",
        "level": place.level,
        "orders_ahead": place.orders_ahead,
        "qty_ahead": None if place.qty_ahead is None else f"{place.qty_ahead:f}",
        "qty_level": None if place.qty_level is None else f"{place.qty_level:f}",
        "exactness": place.exactness,
    }


@final
class _Watched:
    """A book that a page looks at."""

    def __init__(self, subscription: "Level3Subscription", orders: tuple[str, ...]) -> None:
        self.subscription = subscription
        self.orders = orders
        self.own: Mapping[str, Order] | None = None
        self._shown: tuple[object, ...] | None = None

    def own_orders(self) -> "list[Order]":
        """The account's open orders in this pair, if the page has asked for them."""
        symbol = self.subscription.book.symbol
        return [] if self.own is None else [order for order in self.own.values() if order.symbol == symbol]

    def has_changed(self, now_ns: int) -> bool:
        """Whether there is anything new since it was last asked."""
        book = self.subscription.book
        orders = [(order.order_id, order.limit_price, order.remaining) for order in self.own_orders()]
        seen = str(book.peek(now_ns).state), book.recv_ns, orders
        changed, self._shown = seen != self._shown, seen
        return changed


@final
class _Page:
    """A page at the other end of a WebSocket."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.books: dict[str, _Watched] = {}
        self._socket = socket

    async def say(self, value: object) -> None:
        """Send a value as JSON."""
        await self._socket.send_frame(msgspec.json.encode(value), WSMsgType.TEXT)

    async def goodbye(self) -> None:
        """End the connection."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway is ending")
