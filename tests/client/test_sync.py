"""The client without `await`, against the simulated Kraken on its own background thread."""
# ruff: noqa: PT012  # the failing statement is the whole `with` of a client

import asyncio
import signal
import threading
import time
from typing import Any

import pytest

import havklo
from havklo import (
    BookState,
    BookUpdate,
    ConfigurationError,
    Disconnected,
    HavkloError,
    Simulator,
    SubscriptionError,
)
from havklo.channels import book
from havklo.sync import BookSubscription, BookSubscriptions, Client


@pytest.fixture
def sim() -> Simulator:
    """A lively simulator."""
    return Simulator(["BTC/USD", "ETH/USD"], rate=2_000)


def test_one_book(sim: Simulator) -> None:
    """The same names without `await`: subscribe, read, iterate."""
    with Client(sim) as kraken:
        btc = kraken.subscribe(book("BTC/USD", depth=25))
        assert isinstance(btc, BookSubscription)
        assert btc.book.state is BookState.LIVE
        assert kraken.books["BTC/USD"].depth == 25
        assert (btc.symbol, btc.channel, btc.dropped) == ("BTC/USD", book("BTC/USD", depth=25), 0)
        types = [update.type for update, _ in zip(btc, range(500), strict=False)]
        assert (types[0], set(types[1:]), len(types)) == ("snapshot", {"update"}, 500)
        assert kraken.statistics().live == 1
        assert kraken.venue is sim
        assert repr(kraken) == "<sync.Client of sim, open, 1 books>"
        assert "BTC/USD at depth 25, live" in repr(btc)
    assert btc.book.state is BookState.CLOSED
    assert not [thread for thread in threading.enumerate() if thread.name == "havklo"]


def test_several_books(sim: Simulator) -> None:
    """Partial failure is data here too, and the whole may be left as a context manager."""
    with Client(sim) as kraken:
        with kraken.subscribe(book("BTC/USD", "ETH/USD", "FOO/BAR")) as many:
            assert isinstance(many, BookSubscriptions)
            assert list(many.books) == ["BTC/USD", "ETH/USD"]
            assert list(many.errors) == ["FOO/BAR"]
            updates = iter(many)
            assert {next(updates).symbol for _ in range(200)} == {"BTC/USD", "ETH/USD"}
            many.resync()
        assert kraken.statistics().books == 0
        many.unsubscribe()
        for _ in updates:
            pass
        with pytest.raises(SubscriptionError):
            kraken.subscribe(book("FOO/BAR"))


def test_everything(sim: Simulator) -> None:
    """The client itself can be iterated over."""
    with Client(sim) as kraken:
        events = iter(kraken)
        kraken.subscribe(book("BTC/USD"))
        kinds = [type(next(events)).__name__ for _ in range(3)]
        assert kinds == ["Connected", "Status", "BookUpdate"]


def test_handlers(sim: Simulator) -> None:
    """Handlers run on the background thread; they can be added before the client is open, and removed."""
    names: list[str] = []
    kraken = Client(sim)

    @kraken.on(BookUpdate)
    def keep(_: BookUpdate) -> None:
        names.append(threading.current_thread().name)

    with kraken:
        btc = kraken.subscribe(book("BTC/USD"))
        kraken.off(BookUpdate, keep)
        count = len(names)
        next(iter(btc))
        kraken.on(BookUpdate, keep)
        kraken.off(BookUpdate, keep)
        assert count >= 1
        assert set(names) == {"havklo"}


class Boom(Exception):
    """What a handler raises."""


def test_a_handler_that_raises_ends_a_waiting_call(sim: Simulator) -> None:
    """The `with` raises the handler's very exception, here and in whatever waited."""
    boom = Boom()

    def explode(update: BookUpdate) -> None:
        if update.type == "update":
            raise boom

    with pytest.raises(Boom) as caught, Client(sim) as kraken:
        btc = kraken.subscribe(book("BTC/USD"))
        kraken.on(BookUpdate, explode)
        for _ in btc:
            pass
    assert caught.value is boom


def test_a_handler_that_raised_is_told_at_the_end(sim: Simulator) -> None:
    """A body that notices nothing learns of it when it leaves; its own exception would win."""
    failed = threading.Event()

    def explode(_: BookUpdate) -> None:
        failed.set()
        raise Boom

    with pytest.raises(Boom), Client(sim) as kraken:
        kraken.subscribe(book("BTC/USD"))
        kraken.on(BookUpdate, explode)
        assert failed.wait(10)
    with pytest.raises(ZeroDivisionError), Client(sim) as kraken:
        kraken.subscribe(book("BTC/USD"))
        failed.clear()
        kraken.on(BookUpdate, explode)
        assert failed.wait(10)
        _ = 1 / 0


def test_open_and_close(sim: Simulator) -> None:
    """In a notebook the client is opened and closed by hand; twice closed is closed."""
    kraken = Client(sim)
    with pytest.raises(Disconnected, match="not open yet"):
        kraken.subscribe(book("BTC/USD"))
    assert kraken.open() is kraken
    btc = kraken.subscribe(book("BTC/USD"))
    updates = iter(btc)
    kraken.close()
    kraken.close()
    with pytest.raises(Disconnected, match="closed"):
        kraken.subscribe(book("BTC/USD"))
    with pytest.raises(Disconnected, match="closed"):
        for _ in updates:
            pass
    with pytest.raises(ConfigurationError, match="opened once"):
        kraken.open()


def test_a_venue_that_does_not_start(sim: Simulator) -> None:
    """An error of the venue is raised where the client is opened, and leaves no thread."""
    with Client(sim) as first:
        port = int(sim.url.rsplit(":")[-1].split("/")[0])
        with pytest.raises(HavkloError), Client(Simulator(1, port=port)):
            pytest.fail("it is open")
        assert first.statistics().connections == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "havklo"]


def test_an_interrupt_takes_the_call_back() -> None:
    """Ctrl-C ends the waiting call with `KeyboardInterrupt`; the client goes on, and ends in order."""
    main = threading.get_ident()
    with Client(Simulator(["BTC/USD"], rate=0)) as kraken:
        btc = kraken.subscribe(book("BTC/USD"))
        updates = iter(btc)
        assert next(updates).type == "snapshot"
        threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            next(updates)
        assert kraken.statistics().live == 1
        assert btc.book.state is BookState.LIVE


def test_reading_from_many_threads(sim: Simulator) -> None:
    """A book may be read from any thread while the background thread writes it."""
    with Client(sim) as kraken:
        btc = kraken.subscribe(book("BTC/USD"))
        failures: list[BaseException] = []

        def read() -> None:
            try:
                for _ in range(500):
                    snapshot = btc.book.snapshot(10)
                    assert snapshot.bids[0].price < snapshot.asks[0].price
            except BaseException as error:  # noqa: BLE001  # whatever it is, the test is to show it
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


def test_run_is_asyncio_run_on_a_faster_loop() -> None:
    """`havklo.run` runs a coroutine to its end, on uvloop if that is there, and never changes a loop of yours."""

    async def main() -> tuple[int, str]:
        return 42, type(asyncio.get_running_loop()).__module__

    value, module = havklo.run(main())
    assert (value, module.split(".")[0]) in ((42, "uvloop"), (42, "asyncio"))
    assert asyncio.run(main())[1].split(".")[0] == "asyncio"


def test_no_time_is_lost_between_threads(sim: Simulator) -> None:
    """A thousand updates of a lively market cross the threads in batches, within seconds."""
    begun: Any = time.monotonic()
    with Client(sim) as kraken:
        for number, _ in enumerate(kraken.subscribe(book("BTC/USD"))):
            if number == 1_000:
                break
    assert time.monotonic() - begun < 60
