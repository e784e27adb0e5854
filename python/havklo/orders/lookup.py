"""What REST says of orders whose fate is not known: asked for together, at the pace that Kraken allows."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast, final

from havklo._protocol.trading.history import Told, earliest_close, fills, orders
from havklo.errors import ApiRateLimited, HavkloError

if TYPE_CHECKING:
    from havklo._protocol.trading.costs import Tier, TierName
    from havklo._protocol.trading.record import Record
    from havklo.clock import Clock
    from havklo.events import Fill

    Found: TypeAlias = dict[Record, tuple[Told | None, list[Fill]]]

__all__ = ["Lookups", "RestPace", "look_up"]

_SECOND: Final = 1_000_000_000
_FEW: Final = 2  # orders that are asked for one by one
_PAGES: Final = 10  # of 50 orders; what is older is asked for one by one
_AT_ONCE: Final = 20  # fills in one QueryTrades
_SLACK: Final = 60 * _SECOND  # between Kraken's stamps and this machine's
_TRIES: Final = 5
_PAUSE: Final = 4.0  # seconds after a refusal for the rate, and twice as many after each further one

_LIMITS: Final[Mapping[object, tuple[float, float]]] = {
    "starter": (15, 0.33),
    "intermediate": (20, 0.5),
    "pro": (20, 1.0),
}
_ROOM: Final = 6  # that is left to tokens, and to what else the key is used for


class Ask(Protocol):
    """A private REST request."""

    async def __call__(self, path: str, params: Mapping[str, str | int]) -> Any:
        """Ask, and give the result."""
        ...


@final
class RestPace:
    """Keeps questions within the key's REST counter (Kraken's "REST rate limits"), with room for others.

    Args:
        ask: Asks REST.
        clock: Whose time counts.
        tier: The account's verification level; of one that is not known the lowest counts.
    """

    def __init__(self, ask: Ask, clock: "Clock", tier: "TierName | Tier") -> None:
        most, self._decay = _LIMITS.get(tier, _LIMITS["starter"])
        self._most = most - _ROOM
        self._ask = ask
        self._clock = clock
        self._value = 0.0
        self._at = clock.now()

    def __repr__(self) -> str:
        return f"<RestPace at {self._value:.1f} of {self._most:g}>"

    async def __call__(self, path: str, params: Mapping[str, str | int]) -> Any:
        """Ask in turn; what is refused for the rate is asked again later, and later.

        Raises:
            RestError: There was no answer that can be used.
            ExchangeError: Kraken refused; `ApiRateLimited` if it did so several times in a row.
        """
        pause = _PAUSE
        for left in reversed(range(_TRIES)):
            await self._turn(2 if path.endswith(("ClosedOrders", "QueryTrades")) else 1)
            try:
                return await self._ask(path, params)
            except ApiRateLimited:
                if not left:
                    raise
                await self._clock.sleep(pause)
                pause *= 2
        raise AssertionError  # the last try returns or raises

    async def _turn(self, cost: int) -> None:
        now = self._clock.now()
        self._value = max(0.0, self._value - (now - self._at) / _SECOND * self._decay)
        self._at = now
        excess = self._value + cost - self._most
        self._value += cost
        if excess > 0:
            await self._clock.sleep(excess / self._decay)


@final
class Lookups:
    """Looks orders up, one round at a time: what comes meanwhile is looked up together in the next.

    Args:
        ask: Asks REST.
        since_ns: Gives when an order was sent at the earliest, in nanoseconds since 1970.
        found: Is told of what was found of orders, as soon as it is known.
        failed: Is told of those that could not be asked about.
        crash: Is told when something fails that may not.
    """

    def __init__(
        self,
        ask: Ask,
        *,
        since_ns: "Callable[[Record], int]",
        found: "Callable[[Found], None]",
        failed: "Callable[[Sequence[Record]], None]",
        crash: Callable[[Exception], None],
    ) -> None:
        self._ask = ask
        self._since_ns = since_ns
        self._found = found
        self._failed = failed
        self._crash = crash
        self._wanted: dict[Record, None] = {}
        self._round: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Lookups: {len(self._wanted)} wait>"

    def want(self, records: "Sequence[Record]") -> None:
        """Look orders up."""
        self._wanted |= dict.fromkeys(records)
        if self._round is None:
            self._round = asyncio.get_running_loop().create_task(self._rounds())

    def close(self) -> None:
        """Look nothing up any more."""
        self._wanted.clear()
        if self._round is not None:
            self._round.cancel()

    async def _rounds(self) -> None:
        try:
            while self._wanted:
                records = dict.fromkeys(self._wanted)
                self._wanted.clear()
                await self._look(records)
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            self._crash(error)
        finally:
            self._round = None

    async def _look(self, records: "dict[Record, None]") -> None:
        since = {record: self._since_ns(record) for record in records}
        try:
            async for found in look_up(self._ask, tuple(records), since):
                for record in found:
                    del records[record]
                self._found(found)
        except HavkloError:
            # Why is in the log of REST. What was answered stays answered.
            self._failed(tuple(records))


async def look_up(ask: Ask, records: "Sequence[Record]", since_ns: "Mapping[Record, int]") -> "AsyncIterator[Found]":
    """Find orders among the open and the closed ones, and the fills of those that lack some.

    The open ones are asked for first: one that ends meanwhile is then among the closed ones. These are listed from the
    latest end on, so an order is not among them if the list goes back to when it was sent and does not have it.

    Args:
        ask: Asks REST.
        records: The orders.
        since_ns: When each was sent at the earliest, in nanoseconds since 1970.

    Yields:
        What was found of some, and its fills; None where there is nothing. Each order once.

    Raises:
        RestError: There was no answer that can be used.
        ExchangeError: Kraken refused.
    """
    found, missing = _taken(records, orders(_part(await ask("/0/private/OpenOrders", _TRADES), "open")), since_ns)
    async for each in _told(ask, found):
        yield each
    seen = 0
    for _ in range(_PAGES):
        if not missing or (len(missing) <= _FEW and all(record.cl_ord_id for record in missing)):
            break
        answer = await ask("/0/private/ClosedOrders", {**_TRADES, "ofs": seen})
        page = orders(_part(answer, "closed"))
        found, missing = _taken(missing, page, since_ns)
        seen += len(page)
        is_all = not page or seen >= int(cast("int", _part(answer, "count") or 0))
        oldest = earliest_close(page) or 0
        absent = [record for record in missing if is_all or oldest < since_ns[record] - _SLACK]
        missing = [record for record in missing if record not in absent]
        if absent:
            yield {record: (None, []) for record in absent}
        async for each in _told(ask, found):
            yield each
    for record in missing:
        if record.cl_ord_id is None:
            yield {record: (None, [])}
            continue
        answer = await ask("/0/private/ClosedOrders", {**_TRADES, "cl_ord_id": record.cl_ord_id})
        found, _ = _taken([record], orders(_part(answer, "closed")), since_ns)
        if not found:
            yield {record: (None, [])}
        async for each in _told(ask, found):
            yield each


_TRADES: Final[Mapping[str, str | int]] = {"trades": "true"}


def _part(answer: object, name: str) -> object:
    return cast("Mapping[str, object]", answer).get(name) if isinstance(answer, Mapping) else None


def _taken(
    missing: "Sequence[Record]", page: Sequence[Told], since_ns: "Mapping[Record, int]"
) -> "tuple[dict[Record, Told], list[Record]]":
    """Put orders to those that are looked for; gives also what is left."""
    found: dict[Record, Told] = {}
    left: list[Record] = []
    for record in missing:
        told = next((told for told in page if _is(record, told, since_ns[record])), None)
        if told is None:
            left.append(record)
        else:
            found[record] = told
    return found, left


async def _told(ask: Ask, found: "Mapping[Record, Told]") -> "AsyncIterator[Found]":
    """Give what was found, each order once its fills are known: those of several orders are asked for together."""
    wanted = {
        name: record for record, told in found.items() for name in told.trades if name not in (record.fills or {})
    }
    lacking = dict.fromkeys(wanted.values())
    whole: Found = {record: (told, []) for record, told in found.items() if record not in lacking}
    if whole:
        yield whole
    assets = {name: _fee_asset(record, found[record]) for name, record in wanted.items()}
    known: dict[Record, list[Fill]] = {record: [] for record in lacking}
    names = list(wanted)
    for start in range(0, len(names), _AT_ONCE):
        part, rest = names[start : start + _AT_ONCE], names[start + _AT_ONCE :]
        answer = await ask("/0/private/QueryTrades", {"txid": ",".join(part)})
        for fill in fills(answer, fee_assets={name: assets[name] for name in part}):
            known[wanted[fill.exec_id]].append(fill)
        # The names of an order stand together: of these only the last one can have more to come.
        goes_on = wanted[rest[0]] if rest else None
        done = [record for record in dict.fromkeys(wanted[name] for name in part) if record is not goes_on]
        if done:
            yield {record: (found[record], known[record]) for record in done}


def _fee_asset(record: "Record", told: Told) -> str:
    base, _, quote = record.symbol.partition("/")
    return base if told.fee_in_base else quote


def _is(record: "Record", told: Told, since_ns: int) -> bool:
    if record.order_id is not None:
        return told.order_id == record.order_id
    if told.opened_ns < since_ns - _SLACK:
        return False  # an older one may have had the same name
    if record.cl_ord_id is not None:
        return told.cl_ord_id == record.cl_ord_id
    return (
        record.order_userref is not None
        and told.userref == record.order_userref
        and told.side == record.side
        and told.qty == record.order_qty
    )
