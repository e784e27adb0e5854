"""What is going to go wrong, by script or at random, and an exact log of what did.

Each kind strikes at its own place:

    frame       drop duplicate reorder corrupt truncate delay lose_ack disconnect: the next frames that match
    stream      stall: all that is sent while it lasts, to a connection or of one stream
    connection  half_open slow_reader, and disconnect with a connection or a role: open connections, the
                oldest first, then those that come
    door        refuse ban: attempts to connect
    request     rate_limit: what clients send
    tokens      expire_token
    exchange    maintenance cancel_only post_only

What is counted strikes so many times; what lasts strikes everything that it meets until its time is up.
"""

import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Unpack, cast, final

from havklo.clock import Clock, Timer
from havklo.sim.delivery.chances import USUAL, Chance
from havklo.sim.delivery.damage import Tops, corrupt, truncate
from havklo.sim.delivery.hub import Hub
from havklo.sim.delivery.injection import Injection
from havklo.sim.delivery.kinds import FAULTS, KINDS, FaultKind, Mode, Options, Role, check
from havklo.sim.delivery.link import Link, Outlet
from havklo.sim.delivery.log import Fault
from havklo.sim.delivery.topics import Topic, read_timestamp
from havklo.sim.rules import Rules

__all__ = ["FAULTS", "USUAL", "Chance", "Fault", "FaultKind", "Faults", "Hooks", "Injection", "Options"]

_LOG: Final = 10_000
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Hooks:
    """What faults do, or have to know, beyond the way of the frames.

    Attributes:
        top: The ten best bids and asks of a symbol now, as texts.
        set_system: The exchange, or with a symbol that pair alone, gets into this mode.
        expire_tokens: All tokens of the account with this name become invalid, or with None all there are.
    """

    top: Callable[[str], Tops]
    set_system: Callable[[Mode, str | None], None]
    expire_tokens: Callable[[str | None], None]


@final
class Faults:
    """All faults of one simulator.

    Args:
        seed: Same seed, same random choices.
        clock: Whose time counts.
        hub: Knows who reads what.
        hooks: The exchange and its tokens.
        rules: The open points of the protocol.
        chances: What may come up at random.

    Attributes:
        log: The last 10,000 faults that have happened, oldest first.
        counts: How often each kind has happened.
        on_frames: The orders that wait for frames to strike.
        on_streams: The stalls that last. While there are neither, frames go straight on.
        links: The open connections.
    """

    def __init__(
        self,
        seed: int,
        clock: Clock,
        hub: Hub,
        hooks: Hooks,
        rules: Rules,
        chances: Sequence[Chance] = USUAL,
    ) -> None:
        self.log: deque[Fault] = deque(maxlen=_LOG)
        self.counts: Counter[FaultKind] = Counter()
        self.on_frames: list[Injection] = []
        self.on_streams: list[Injection] = []
        self.links: dict[int, Link] = {}
        self._clock = clock
        self._hub = hub
        self._hooks = hooks
        self._rules = rules
        self._chances = chances
        self._weights = [chance.weight for chance in chances]
        self._rng = random.Random(f"{seed} faults")
        self._others: list[Injection] = []
        self._timers: dict[Injection, Timer] = {}
        self._last_random: Injection | None = None

    def __repr__(self) -> str:
        return f"<Faults {len(self.pending)} ordered, {self.counts.total()} happened>"

    @property
    def pending(self) -> list[Injection]:
        """The orders of which something is still to come."""
        return [*self.on_frames, *self.on_streams, *self._others]

    def inject(
        self, kind: FaultKind, symbol: str | None = None, count: int = 1, **options: Unpack[Options]
    ) -> Injection:
        """Order faults.

        All frames that one order strikes are on their way to the same connection, the first that comes, so
        that `count` means frames in a row.

        Args:
            kind: What is to be done.
            symbol: Only to frames about this symbol; of a mode: only of this pair.
            count: How often.
            **options: See `Options`.

        Raises:
            ConfigurationError: An unknown kind, or something that the kind does not take.
        """
        check(kind, symbol, count, options)
        given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
        order = Injection(kind=kind, symbol=symbol, count=count, canceller=self._finish, **given)
        seconds = order.seconds if kind != "ban" else order.seconds or self._rules.ban_seconds
        if order.lasts and seconds is not None:
            order.until = self._clock.now() + round(seconds * _SECOND)
            self._timers[order] = self._clock.call_at(order.until, order.cancel)
        self._begin(order)
        return order

    def random(self) -> Injection | None:
        """Order one random fault, unless the last one is still to come or nobody is there to be struck.

        One at a time: a quiet book must not collect faults that then strike all at once.
        """
        if self._last_random is not None and self._last_random.active:
            return None
        chance = self._rng.choices(self._chances, self._weights)[0]
        options, symbol = chance.options.copy(), None
        if "connection" in KINDS[chance.kind].takes:
            targets = self._targets(chance)
            if not targets:
                return None
            symbol, options["connection"] = self._rng.choice(targets)
        order = self._last_random = self.inject(chance.kind, symbol, **options)
        return order

    def stop(self) -> None:
        """Nothing more happens, and what lasts has an end."""
        for order in self.pending:
            self._finish(order)

    # -- connections

    def enter(self, number: int, role: Role, outlet: Outlet) -> Link:
        """A connection has come: it gets its way, and the faults that have waited for it."""
        link = self.links[number] = Link(number, role, outlet, self, self._clock)
        for order in tuple(self._others):
            self._strike(order, link)
        return link

    def forget(self, number: int) -> None:
        """A connection has ended: orders for it alone are void, others strike the next one."""
        self.links.pop(number).end()
        for order in self.pending:
            if order.connection == number:
                self._finish(order)
            elif order.bound == number:
                order.bound = None
            self._conclude(order)

    # -- what links ask

    def due(self, link: Link, topic: Topic, frame: bytes) -> Injection | None:
        """The order that strikes this delivery; the oldest first."""
        for order in self.on_frames:
            if order.matches(link.number, link.role, topic, frame):
                return order
        return None

    def stall(self, link: Link, stream: Topic | None, frame: bytes, topic: Topic | None = None) -> bool:
        """Whether a frame is held back here: its stream is stalled, or (None) its whole connection."""
        for order in self._stalls(link, stream, frame):
            if not order.has_struck(link.number):
                known = stream or topic
                self.happened(order, link, known, frame if known else None, until=order.until)
            return True
        return False

    def held_until(self, link: Link, stream: Topic | None, frame: bytes) -> int:
        """Until when a frame is held back, on the monotonic clock; 0: it is not."""
        return max((order.until or 0 for order in self._stalls(link, stream, frame)), default=0)

    def damage(self, kind: FaultKind, topic: Topic, frame: bytes) -> bytes | None:
        """A frame as it arrives when it was corrupted or truncated; None if that can't be done to it."""
        if kind == "truncate":
            return truncate(frame, self._rng)
        proven = topic.channel in ("book", "level3")
        return corrupt(frame, self._hooks.top(topic.symbol) if proven else ((), ()), self._rng)

    def holds(self, order: Injection, link: Link) -> None:
        """A frame waits for the one that it is to be swapped with."""
        order.held += 1
        order.bound = link.number
        if not order.remaining:
            self.on_frames.remove(order)

    def swapped(
        self, order: Injection, link: Link, topic: Topic, frame: bytes, sent: tuple[bytes, ...] | None, at: int
    ) -> None:
        """It has gone on its way, or was lost with its connection."""
        order.held -= 1
        self.happened(order, link, topic, frame, sent=sent, at=at, until=self._clock.now())

    # -- what the door asks

    def at_request(self, link: Link) -> Injection | None:
        """The order that strikes a request of this connection."""
        orders = (order for order in self._others if order.place == "request")
        return next((order for order in orders if order.selects(link.number, link.role)), None)

    def at_door(self, role: str) -> Injection | None:
        """The order that strikes an attempt to connect; a ban before a refusal, as it stands before the house."""
        waiting = [order for order in self._others if order.place == "door" and order.role in (None, role)]
        return min(waiting, key=lambda order: order.kind != "ban", default=None)

    def happened(
        self,
        order: Injection,
        link: Link | None = None,
        topic: Topic | None = None,
        frame: bytes | None = None,
        *,
        role: str = "",
        sent: tuple[bytes, ...] | None = None,
        at: int | None = None,
        until: int | None = None,
    ) -> None:
        """Note a fault that was done."""
        to_epoch = self._clock.to_epoch
        fault = Fault(
            kind=order.kind,
            channel=topic.channel if topic else "",
            symbol=(topic.symbol if topic and topic.channel != "ack" else order.symbol) or "",
            depth=self._hub.depth(link.number, topic) if link and topic else 0,
            connection=link.number if link else 0,
            role=link.role if link else role,
            timestamp=read_timestamp(frame) if topic and frame else "",
            at_ns=to_epoch(self._clock.now() if at is None else at),
            until_ns=None if until is None else to_epoch(until),
            frame=frame,
            sent=sent,
        )
        order.faults.append(fault)
        if link and not order.lasts:
            order.bound = link.number
        self.log.append(fault)
        self.counts[fault.kind] += 1
        self._conclude(order)

    # -- orders

    def _begin(self, order: Injection) -> None:
        """It waits where it strikes, or strikes at once."""
        match order.place:
            case "frame":
                self.on_frames.append(order)
            case "stream":
                self.on_streams.append(order)
            case "connection":
                self._others.append(order)
                for link in tuple(self.links.values()):
                    self._strike(order, link)
            case "request" | "door":
                self._others.append(order)
            case "exchange":
                self._others.append(order)
                self._set_mode(order)
                self.happened(order, until=order.until)
            case "tokens":
                self._hooks.expire_tokens(order.account)
                self.happened(order)

    def _strike(self, order: Injection, link: Link) -> None:
        """Do to a connection what was ordered, if it is one of those."""
        if order.place != "connection" or not order.remaining or not link.is_open:
            return
        # Each time another connection: an order for three does not strike the same one three times.
        order.bound = None
        if not order.selects(link.number, link.role) or order.has_struck(link.number):
            return
        match order.kind:
            case "half_open":
                link.vanish()
            case "slow_reader":
                link.throttle(order.bytes_per_second)
            case _ if order.code is not None:
                link.goodbye(order.code)
            case _:
                link.abort()
        self.happened(order, link)

    def _conclude(self, order: Injection) -> None:
        """An order of which nothing more is to come is done with."""
        throttles = order.kind == "slow_reader" and any(fault.connection in self.links for fault in order.faults)
        if not (order.lasts or order.remaining or order.held or throttles):
            self._finish(order)

    def _finish(self, order: Injection) -> None:
        """Nothing more happens because of an order."""
        if not order.active:
            return
        order.active = False
        for orders in (self.on_frames, self.on_streams, self._others):
            if order in orders:
                orders.remove(order)
        timer = self._timers.pop(order, None)
        if timer is not None:
            timer.cancel()
        self._restore(order)

    def _restore(self, order: Injection) -> None:
        """What an order has changed for a time is as before."""
        if order.kind == "stall":
            for link in tuple(self.links.values()):
                link.review()
        elif order.kind == "slow_reader":
            for fault in order.faults:
                if fault.connection in self.links:
                    self.links[fault.connection].throttle(None)
        elif order.place == "exchange":
            self._set_mode(order)

    def _set_mode(self, order: Injection) -> None:
        """The exchange, or a pair, is in the mode that was ordered last, or online."""
        modes = [other.kind for other in self._others if other.place == "exchange" and other.symbol == order.symbol]
        self._hooks.set_system(cast("Mode", modes[-1]) if modes else "online", order.symbol)

    def _targets(self, chance: Chance) -> Sequence[tuple[str | None, int]]:
        """Whom a random fault may strike: a stream on its way to a connection, or a connection (None)."""
        if "symbol" in KINDS[chance.kind].takes:
            return self._hub.targets(chance.options.get("channel") or "book")
        wanted = "private" if chance.kind == "lose_ack" else chance.options.get("role")
        return [(None, link.number) for link in self.links.values() if wanted in (None, link.role)]

    def _stalls(self, link: Link, stream: Topic | None, frame: bytes) -> list[Injection]:
        return [order for order in self.on_streams if order.covers(link.number, link.role, stream, frame)]
