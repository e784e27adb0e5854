"""Handlers: called in the receive path, for every event; one that raises ends the client."""
# ruff: noqa: PT012  # the failing statement is the whole `with` of a client

import asyncio
from typing import Any

import pytest

from havklo import BookUpdate, Client, ConfigurationError, Disconnected
from havklo.channels import book
from havklo.events import Connected, ConnectionLost, Desync, Malformed, Stalled, Status


class Boom(Exception):
    """What a handler raises."""


async def test_every_update_in_order(venue: Any, exchange: Any) -> None:
    """Handlers see every update, in the order in which they were registered, before any iteration."""
    told: list[tuple[str, str]] = []
    async with Client(venue) as kraken:

        @kraken.on(BookUpdate)
        def first(update: BookUpdate) -> None:
            told.append(("first", update.type))

        kraken.on(BookUpdate, lambda update: told.append(("second", update.type)))
        await kraken.subscribe(book("BTC/USD"))
        exchange.trade("BTC/USD")
        assert told == [
            ("first", "snapshot"),
            ("second", "snapshot"),
            ("first", "update"),
            ("second", "update"),
        ]
        kraken.off(BookUpdate, first)
        kraken.off(BookUpdate, first)
        exchange.trade("BTC/USD")
        assert told[-1] == ("second", "update")
        assert len(told) == 5


@pytest.mark.usefixtures("exchange")
async def test_registered_before_the_client_is_entered(venue: Any) -> None:
    """Handlers can be registered at any time, and miss nothing from then on."""
    kraken = Client(venue)
    connected: list[Connected] = []
    kraken.on(Connected, connected.append)
    async with kraken:
        await kraken.subscribe(book("BTC/USD"))
    assert connected == [Connected(connection=0, attempts=1, again=False)]


async def test_status(venue: Any, exchange: Any) -> None:
    """Kraken's status is an event, and comes after the connection's own even if Kraken is faster."""
    status = (
        b'{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online",'
        b'"api_version":"v2","connection_id":18125794168470749634}]}'
    )
    greet = venue._on_open

    def greet_at_once(transport: Any) -> None:
        greet(transport)
        transport.deliver(status)

    venue.on_open(greet_at_once)
    told: list[object] = []
    async with Client(venue) as kraken:
        kraken.on(Status, told.append)
        kraken.on(Connected, told.append)
        await kraken.subscribe(book("BTC/USD"))
        exchange.wire.deliver(status.replace(b"online", b"post_only"))
        assert [type(event) for event in told] == [Connected, Status, Status]
        assert [event.system for event in told if isinstance(event, Status)] == ["online", "post_only"]


def test_only_events_and_only_functions(venue: Any) -> None:
    """A type that is no event's, and a coroutine function, are refused with advice."""
    kraken = Client(venue)

    async def handle(update: BookUpdate) -> None:
        raise AssertionError(update)

    with pytest.raises(ConfigurationError, match="called synchronously"):
        kraken.on(BookUpdate, handle)
    with pytest.raises(ConfigurationError, match="is no event"):
        kraken.on(int, print)  # type: ignore[type-var]


async def test_a_handler_that_raises_ends_the_client(venue: Any, exchange: Any) -> None:
    """The `async with` raises that very exception, whatever its body was waiting for."""
    boom = Boom("in the receive path")

    def handle(update: BookUpdate) -> None:
        if update.type == "update":
            raise boom

    kraken = Client(venue)
    with pytest.raises(Boom) as caught:
        async with kraken:
            kraken.on(BookUpdate, handle)
            await kraken.subscribe(book("BTC/USD"))
            asyncio.get_running_loop().call_soon(exchange.trade, "BTC/USD")
            await asyncio.Event().wait()
    assert caught.value is boom
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert exchange.wire.open is False
    with pytest.raises(Boom):
        await kraken.subscribe(book("BTC/USD"))


@pytest.mark.usefixtures("exchange")
async def test_a_handler_that_raises_while_subscribing(venue: Any) -> None:
    """The same holds for an event of the client's own, told from within a call of the body."""
    with pytest.raises(Boom):
        async with Client(venue) as kraken:
            kraken.on(Connected, _raise)
            await kraken.subscribe(book("BTC/USD"))


@pytest.mark.usefixtures("exchange")
async def test_a_handler_that_raises_at_a_timer(venue: Any) -> None:
    """And for an event that time has brought."""
    with pytest.raises(Boom):
        async with Client(venue) as kraken:
            kraken.on(Stalled, _raise)
            btc = await kraken.subscribe(book("BTC/USD"))
            venue.clock.advance(3.5)
            async for _ in btc:
                pass


async def test_a_handler_that_raises_at_a_disconnect(venue: Any, exchange: Any) -> None:
    """And for one that the network has brought; a body that is not waiting ends with it too."""
    with pytest.raises(Boom):
        async with Client(venue) as kraken:
            kraken.on(ConnectionLost, _raise)
            await kraken.subscribe(book("BTC/USD"))
            exchange.wire.end()


async def test_a_handler_that_raises_for_a_malformed_frame(venue: Any, exchange: Any) -> None:
    """And for one about bytes that are no frame."""
    with pytest.raises(Boom):
        async with Client(venue) as kraken:
            kraken.on(Malformed, _raise)
            await kraken.subscribe(book("BTC/USD"))
            exchange.wire.deliver(b"nonsense")


async def test_a_handler_that_raises_ends_other_tasks_iterations(venue: Any, exchange: Any) -> None:
    """Readers in other tasks learn of the end, with the handler's exception as the cause."""
    boom = Boom()
    with pytest.raises(Boom):
        async with Client(venue) as kraken:
            btc = await kraken.subscribe(book("BTC/USD"))
            reader = asyncio.create_task(_read(btc))
            everything = asyncio.create_task(_read(kraken))
            await asyncio.sleep(0)

            def handle(_: BookUpdate) -> None:
                raise boom

            kraken.on(BookUpdate, handle)
            exchange.trade("BTC/USD")
            await asyncio.Event().wait()
    for task in (reader, everything):
        with pytest.raises(Disconnected, match="a handler failed") as caught:
            await task
        assert caught.value.__cause__ is boom


async def test_the_first_failure_counts(venue: Any, exchange: Any) -> None:
    """After a handler has raised, no other is called."""
    calls: list[str] = []

    def handle(update: BookUpdate) -> None:
        calls.append(update.type)
        raise Boom(len(calls))

    with pytest.raises(Boom) as caught:
        async with Client(venue) as kraken:
            kraken.on(BookUpdate, handle)
            await kraken.subscribe(book("BTC/USD"))
            exchange.trade("BTC/USD", times=5)
    assert (caught.value.args, calls) == ((1,), ["snapshot"])


async def test_the_bodys_own_exception_wins(venue: Any, exchange: Any) -> None:
    """An exception of the body that has nothing to do with the handler's is not replaced."""
    with pytest.raises(ZeroDivisionError):
        async with Client(venue) as kraken:
            await kraken.subscribe(book("BTC/USD"))
            kraken.on(BookUpdate, _raise)
            exchange.trade("BTC/USD")
            _ = 1 / 0


async def test_cancellation_passes_through(venue: Any, exchange: Any, turn: Any) -> None:
    """A task that is cancelled within its `async with` is cancelled, and leaves the client in order."""

    async def work() -> None:
        async with Client(venue) as kraken:
            btc = await kraken.subscribe(book("BTC/USD"))
            async for _ in btc:
                pass

    task = asyncio.create_task(work())
    await turn(20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert exchange.wire.goodbye == (1000, "")


async def test_cancelled_and_failed(venue: Any, exchange: Any) -> None:
    """When a handler raises while the task is being cancelled by someone else, the cancellation passes."""
    entered = asyncio.Event()

    async def work() -> None:
        async with Client(venue) as kraken:
            kraken.on(Desync, _raise)
            await kraken.subscribe(book("BTC/USD"))
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await entered.wait()
    exchange.desync("BTC/USD")
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _raise(event: object) -> None:
    raise Boom(event)


async def _read(source: Any) -> None:
    async for _ in source:
        pass
