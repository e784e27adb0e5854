"""The client without `await`, against the simulated Kraken on its own background thread."""
# ruff: noqa: PT012  # the failing statement is the whole `with` of a client

import asyncio
import inspect
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import havklo
from havklo import (
    BookState,
    BookUpdate,
    ConfigurationError,
    Credentials,
    CredentialsError,
    Disconnected,
    HavkloError,
    Level3Update,
    Simulator,
    SubscriptionError,
    UnknownSymbol,
    clock,
    subscription,
    sync,
)
from havklo.channels import book, instrument, level3, ohlc, ticker, trade
from havklo.errors import WaitTimeout
from havklo.events import Candle, Ticker, Trade
from havklo.orders import Order, Orders, synced
from havklo.sync import (
    BookSubscription,
    BookSubscriptions,
    Client,
    InstrumentSubscription,
    Level3Subscription,
    Level3Subscriptions,
)


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


def test_all_channels(sim: Simulator) -> None:
    """Every channel is there with its own events, iterated over or waited for one by one."""
    with Client(sim) as kraken:
        trades = kraken.subscribe(trade("BTC/USD", "FOO/BAR", snapshot=True))
        assert (trades.symbols, list(trades.errors)) == (("BTC/USD",), ["FOO/BAR"])
        assert isinstance(trades.errors["FOO/BAR"], SubscriptionError)
        told = [event for event, _ in zip(trades, range(80), strict=False)]
        first = told[0]
        assert isinstance(first, Trade)
        assert [event.trade_id for event in told] == [first.trade_id + number for number in range(80)]
        assert isinstance(trades.next(timeout=30), Trade)
        tickers = kraken.subscribe(ticker("BTC/USD", event_trigger="bbo"))
        assert isinstance(tickers.next(timeout=30), Ticker)
        assert isinstance(next(iter(kraken.subscribe(ohlc("BTC/USD")))), Candle)
        listed = kraken.subscribe(instrument())
        assert isinstance(listed, InstrumentSubscription)
        assert list(listed.pairs) == list(kraken.instruments) == ["BTC/USD", "ETH/USD"]
        assert {"BTC", "ETH", "USD"} <= set(listed.assets)
        sim_status(sim, kraken)
        assert kraken.instruments["ETH/USD"].status == "post_only"
        assert (trades.dropped, trades.pending) == (0, 0)


def sim_status(sim: Simulator, kraken: Client) -> None:
    """Change a pair's status on the thread that the simulator lives on, and wait until it is known."""
    kraken.wait_until(lambda: sim.set_status("ETH/USD", "post_only") or True)
    kraken.wait_until(lambda: kraken.instruments["ETH/USD"].status == "post_only", timeout=30)


def test_level3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One book of orders, several, and the way of one order."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    sim = Simulator(["BTC/USD", "ETH/USD"], rate=300)
    account = sim.accounts["trader"]
    with Client(sim, credentials=Credentials(account.key, account.secret)) as kraken:
        btc = kraken.subscribe(level3("BTC/USD"))
        assert isinstance(btc, Level3Subscription)
        assert kraken.level3["BTC/USD"] is btc.book
        assert btc.symbol == "BTC/USD"
        many = kraken.subscribe(level3("BTC/USD", "ETH/USD", depth=100))
        assert isinstance(many, Level3Subscriptions)
        assert set(many.books) == {"BTC/USD", "ETH/USD"}
        assert isinstance(next(iter(many)), Level3Update)
        orders = many.books["ETH/USD"].orders("bid")
        assert orders[0].order_id
        changes = btc.track(btc.book.orders("bid", 5)[-1].order_id)  # one that stays for a while
        assert next(changes).symbol == "BTC/USD"
    with Client(sim) as kraken, pytest.raises(CredentialsError):
        kraken.subscribe(level3("BTC/USD"))


def test_names(sim: Simulator) -> None:
    """Symbols may be named as people do, and asked for."""
    with Client(sim) as kraken:
        assert kraken.resolve("XXBTZUSD") == "BTC/USD"
        assert kraken.subscribe(book("ethusd")).symbols == ("ETH/USD",)
        with pytest.raises(UnknownSymbol, match="did you mean"):
            kraken.resolve("BTCUSDD", timeout=30)


def test_waiting(sim: Simulator) -> None:
    """A condition is asked on the background thread; what does not come is an error."""
    with Client(sim) as kraken:
        btc = kraken.subscribe(book("BTC/USD"))
        threads: set[str] = set()

        def is_far() -> bool:
            threads.add(threading.current_thread().name)
            assert kraken.health().state == "live"  # reading is possible there
            return btc.book.statistics().verified > 50

        kraken.wait_until(is_far, timeout=30)
        assert threads == {"havklo"}
        with pytest.raises(WaitTimeout):
            kraken.wait_until(lambda: False, timeout=0.05)
        btc.unsubscribe()
        with pytest.raises(Disconnected, match="the subscription has ended"):
            btc.next()


def test_nobody_waits_for_himself(sim: Simulator) -> None:
    """A handler that waits for its own thread is told so, instead of standing still for ever."""
    with pytest.raises(ConfigurationError, match="a handler can't wait"), Client(sim) as kraken:
        kraken.on(BookUpdate, lambda _: kraken.subscribe(trade("BTC/USD")))
        kraken.subscribe(book("BTC/USD"))
        kraken.wait_until(lambda: False)


def test_health_and_counters(sim: Simulator) -> None:
    """What can be asked can be asked at any time, before and after, too."""
    kraken = Client(sim, topics_per_connection=1)
    assert kraken.health().reason == "nothing is subscribed"
    with kraken:
        kraken.subscribe(book("BTC/USD", "ETH/USD"))
        health = kraken.health()
        assert (health.state, len(health.connections)) == ("live", 2)
    assert kraken.health().state == "closed"
    assert kraken.statistics().live == 0
    assert kraken.statistics().verified >= 2


def test_the_clock() -> None:
    """The venue's time is there without `await`, as long as the client is open."""
    kraken = Client(Simulator(1, rate=0, speed=50))
    with pytest.raises(Disconnected, match="not open yet"):
        kraken.clock.sleep(1)
    with kraken:
        clock = kraken.clock
        begun = clock.now()
        clock.sleep(2)
        assert clock.now() - begun >= 2_000_000_000
        assert abs(clock.to_epoch(clock.now()) - clock.epoch_ns()) < 10**12
        beats = [now for now, _ in zip(clock.every(1), range(3), strict=False)]
        assert beats == sorted(beats)
        assert beats[-1] - begun >= 4_000_000_000
        assert repr(clock).startswith("<ScaledClock 50 times")
    with pytest.raises(Disconnected, match="closed"):
        clock.sleep(1)


def test_drain() -> None:
    """What has come can still be read after the end, here and in another thread."""
    with Client(Simulator(["BTC/USD"], rate=2_000)) as kraken:
        btc = kraken.subscribe(book("BTC/USD"))
        updates = iter(btc)
        assert next(updates).type == "snapshot"
        read: list[BookUpdate] = []
        others = iter(btc)
        begun = btc.book.statistics().verified
        reader = threading.Thread(target=lambda: read.extend(others))
        reader.start()
        kraken.wait_until(lambda: btc.book.statistics().verified > begun + 200, timeout=30)
        left = kraken.drain(timeout=0.2)
        reader.join(30)
        rest = list(updates)
        assert sum(1 + update.conflated for update in read) > 100
        assert len(rest) >= left > 0
        assert sum(1 + update.conflated for update in rest) >= 199
        with pytest.raises(Disconnected):
            kraken.subscribe(book("BTC/USD"))


def test_in_step_with_the_other_client() -> None:
    """Both clients have the same arguments and the same names; so have their subscriptions and clocks."""
    mine, other = (inspect.signature(kind.__init__).parameters for kind in (Client, havklo.Client))
    assert list(mine.values()) == list(other.values())
    pairs = [
        (Client, havklo.Client, {"open", "close"}),
        (sync.Subscription, subscription.Subscription, set()),
        (BookSubscription, subscription.BookSubscription, set()),
        (BookSubscriptions, subscription.BookSubscriptions, set()),
        (InstrumentSubscription, subscription.InstrumentSubscription, set()),
        (sync.Clock, clock.Clock, {"call_at"}),
        (synced.Orders, Orders, {"clock", "has_ended", "check_open", "queue_position", "take_leave", "leave_at_once"}),
        (synced.Order, Order, {"inner", "is_followed", "record", "wake"}),
    ]
    inner = {"settle", "mute", "remind", "lose", "end", "show"}  # for the client only
    for here, there, own in pairs:
        assert names(here) ^ (names(there) - inner) == own, here
        for name in names(here) & names(there):
            one, two = getattr(here, name), getattr(there, name)
            if inspect.isfunction(one):
                assert parameters(one) == parameters(two), f"{here.__name__}.{name}"


def names(kind: type) -> set[str]:
    """The public names of a class."""
    return {name for name in dir(kind) if not name.startswith("_")}


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    """What a function takes: names, kinds and defaults."""
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]


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
