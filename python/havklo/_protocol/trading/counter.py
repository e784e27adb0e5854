"""The matching engine's rate counter of each pair, as far as it can be known from here: never below the engine's own.

Kraken counts a request when it reaches the engine: at some moment between when it was sent and when its answer came.
So here it counts in full as soon as it is sent, begins to fall only when it is answered, and costs for the youth of an
order what it would cost for the youngest age that the order may have. Where nothing takes time, that is the engine's
own counter, to the last digit.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final, final

import msgspec

from havklo._protocol.trading.costs import TIERS, Kind, Tier, TierName, cheaper_at, fixed_halves, youth_cost
from havklo.errors import ConfigurationError

__all__ = ["Charge", "Cost", "Headroom", "RateCounter"]

_SECOND: Final = 1_000_000_000
_DIGITS: Final = 9  # decimals that a fall per second has when it is told per nanosecond
_REMEMBERED: Final = 60 * _SECOND
_EXACT: Final = Context(prec=60)


@final
class Cost(msgspec.Struct, frozen=True):
    """What a request would add to the counter, and whether it may go.

    Attributes:
        cost: What it adds.
        allowed: Whether it may go now.
        wait_ns: In how many nanoseconds it may, 0 if now; None where that depends on answers that have not come, or
            where there is never room for it.
    """

    cost: Decimal
    allowed: bool
    wait_ns: int | None

    @property
    def wait(self) -> float | None:
        """`wait_ns` in seconds."""
        return None if self.wait_ns is None else self.wait_ns / _SECOND


@final
class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """How much room a pair's rate counter has.

    Attributes:
        symbol: The pair.
        value: What the counter says, at most.
        threshold: What it may not exceed.
        add: A new order.
        amend: The amend of an order of the age that was asked about.
        cancel: Its cancel, for which the reserve is kept.
    """

    symbol: str
    value: Decimal
    threshold: int
    add: Cost
    amend: Cost
    cancel: Cost


@final
class Charge:
    """A request that has been sent; `RateCounter.began` makes it, and `ended` or `withdrawn` wants it back.

    Attributes:
        symbol: The pair whose counter it is on.
    """

    __slots__ = ("if_done", "on_arrival", "symbol")

    def __init__(self, symbol: str, on_arrival: int, if_done: int) -> None:
        self.symbol: str = symbol
        self.on_arrival: int = on_arrival
        self.if_done: int = if_done

    def __repr__(self) -> str:
        return f"<Charge on {self.symbol}>"


@final
class RateCounter:
    """The rate counters of an account, one for each pair.

    All times are monotonic nanoseconds that never fall.

    Args:
        tier: The account's verification level, or what one may do that is not known here.
        reserve: How much of the threshold new orders and changes leave to cancels.

    Raises:
        ConfigurationError: There is no such level, its numbers can't be, or the reserve leaves nothing.
    """

    def __init__(self, tier: TierName | Tier = "starter", reserve: Decimal | int = 0) -> None:
        known = TIERS.get(tier) if isinstance(tier, str) else tier
        if known is None:
            raise ConfigurationError(
                f"{tier!r} is no verification level", hint=f"{', '.join(TIERS)}, or a Tier of your own"
            )
        if not (known.threshold > 0 and known.decay.is_finite() and known.decay > 0):
            raise ConfigurationError(f"{known!r} is no verification level", hint="its threshold and decay are above 0")
        if isinstance(reserve, float) or not Decimal(reserve).is_finite() or not 0 <= reserve < known.threshold:
            raise ConfigurationError(
                f"a reserve of {reserve!r} can't be kept of {known.threshold}",
                hint="it is a Decimal or an int, from 0 on and below the threshold",
            )
        exponent = known.decay.as_tuple().exponent
        decimals = max(1, -exponent if isinstance(exponent, int) else 0)
        self.tier = known
        self.reserve: Decimal = Decimal(reserve)
        self._scale = decimals + _DIGITS
        self._rate = int(_EXACT.scaleb(known.decay, decimals))
        self._point = 10**self._scale
        self._threshold = known.threshold * self._point
        self._free = self._threshold - self._units(self.reserve)
        self._pairs: dict[str, _Counter] = {}

    def __repr__(self) -> str:
        return f"<RateCounter of {len(self._pairs)} pairs, threshold {self.tier.threshold}>"

    def value(self, symbol: str, now: int) -> Decimal:
        """What a pair's counter says now, at most."""
        return self._decimal(self._pair(symbol).value(now))

    def headroom(self, symbol: str, now: int, age_ns: int | None = None) -> Headroom:
        """What a new order, an amend and a cancel would cost now, and whether they may go.

        Args:
            symbol: The pair.
            now: The present.
            age_ns: How old the order is at least that is to be amended or canceled; None: it was just placed.
        """
        age = age_ns or 0
        return Headroom(
            symbol=symbol,
            value=self.value(symbol, now),
            threshold=self.tier.threshold,
            add=self.cost(symbol, "add", now),
            amend=self.cost(symbol, "amend", now, age),
            cancel=self.cost(symbol, "cancel", now, age),
        )

    def cost(self, symbol: str, kind: Kind, now: int, *ages: int, count: int = 1) -> Cost:
        """What a request would cost now, and whether and when it may go.

        A batch_cancel may always go: Kraken takes it even where it passes the threshold.

        Args:
            symbol: The pair.
            kind: What is asked for.
            now: The present.
            ages: How old the orders are at least that it is about, in nanoseconds; 0 for one whose creation or last
                amend is not answered yet.
            count: The number of new orders in a batch_add.
        """
        fixed = self._fixed(kind, count)
        whole = fixed + youth_cost(kind, ages) * self._point
        if kind == "batch_cancel":
            return Cost(self._decimal(whole), True, 0)
        wait = self._wait(self._pair(symbol), kind, now, ages, fixed)
        return Cost(self._decimal(whole), wait == 0, wait)

    def began(self, symbol: str, kind: Kind, now: int, *ages: int, count: int = 1) -> Charge:
        """Count a request that is being sent; its arguments are those of `cost`.

        Whoever sends it says with `ended` what became of it. Until then it counts in full and does not fall.
        """
        charge = self._charge(symbol, kind, ages, count)
        pair = self._pair(symbol)
        pair.fall(now)
        pair.held.add(charge)
        return charge

    def began_if_room(self, symbol: str, kind: Kind, now: int, *ages: int, count: int = 1) -> Charge | None:
        """Count a request that is being sent if it may go now, and else give None; as `cost`, then `began`."""
        charge = self._charge(symbol, kind, ages, count)
        pair = self._pair(symbol)
        value = pair.value(now) + charge.on_arrival + charge.if_done
        if value > (self._threshold if kind == "cancel" else self._free) and kind != "batch_cancel":
            return None
        pair.held.add(charge)
        return charge

    def ended(self, charge: Charge, at: int, *, carried_out: bool = True) -> None:
        """Note that a request is done with, the first time it is said.

        Args:
            charge: What `began` has made.
            at: When it was carried out or refused at the latest: when its answer came. Where no answer will come,
                a moment after which it can't be carried out any more, such as its deadline; it may lie ahead.
            carried_out: Whether it was, or may have been; one that was refused costs nothing for the order's youth.
        """
        pair = self._pair(charge.symbol)
        if charge in pair.held:
            pair.held.remove(charge)
            pair.settle(at, charge.on_arrival + (charge.if_done if carried_out else 0))

    def withdrawn(self, charge: Charge) -> None:
        """Note that a request was not sent after all, so that it costs nothing."""
        self._pair(charge.symbol).held.discard(charge)

    def corrected(self, symbol: str, value: Decimal, at: int, *, since: int | None = None) -> None:
        """Take over what an execution report says about the counter, as far as it can't be too low by now.

        A value above what is known here means that something else counts, too: another program with the same account.

        Args:
            symbol: The pair.
            value: What the counter said at Kraken.
            at: When the report came.
            since: A moment that Kraken's report is certainly younger than, such as when the request was sent that it
                is about. What was answered before is in its value. Without it a value is only taken over if it is
                higher than the one here.
        """
        pair = self._pair(symbol)
        known = pair.value(at)
        said = self._units(value)
        if since is not None and since >= at - _REMEMBERED:
            most = said + pair.settled_after(since)
            if said > known or most < pair.settled:
                pair.replace(most)
        elif said > known:
            pair.replace(said)

    def _pair(self, symbol: str) -> "_Counter":
        pair = self._pairs.get(symbol)
        if pair is None:
            pair = self._pairs[symbol] = _Counter(self._rate)
        return pair

    def _charge(self, symbol: str, kind: Kind, ages: Sequence[int], count: int) -> Charge:
        return Charge(symbol, self._fixed(kind, count), youth_cost(kind, ages) * self._point)

    def _fixed(self, kind: Kind, count: int) -> int:
        return fixed_halves(kind, count) * self._point // 2

    def _units(self, value: Decimal) -> int:
        numerator, denominator = value.as_integer_ratio()
        return -(-numerator * self._point // denominator)  # rounded up

    def _decimal(self, units: int) -> Decimal:
        whole, rest = divmod(units, self._point)
        # As people write it: 8 and not 8.0000000000.
        return _EXACT.scaleb(Decimal(units), -self._scale).normalize(_EXACT) if rest else Decimal(whole)

    def _wait(self, pair: "_Counter", kind: Kind, now: int, ages: Sequence[int], fixed: int) -> int | None:
        """In how many nanoseconds there is room: the first at which the counter plus the cost fits."""
        room = self._threshold if kind == "cancel" else self._free
        if pair.value(now) + fixed + youth_cost(kind, ages) * self._point <= room:
            return 0
        changes = sorted(
            {now + step - age for age in ages for step in cheaper_at(kind) if step > age}
            | {instant for instant, _ in pair.coming}
        )
        settled, falling_from = pair.settled, now
        for begin, end in zip([now, *changes], [*changes, None], strict=True):
            settled = max(0, settled - (begin - falling_from) * self._rate)
            falling_from = begin
            settled += sum(units for instant, units in pair.coming if instant == begin)
            waiting = pair.held_units + sum(units for instant, units in pair.coming if instant > begin)
            cost = fixed + youth_cost(kind, [age + begin - now for age in ages]) * self._point
            excess = settled + waiting + cost - room
            if excess <= 0:
                return begin - now
            fitting = begin - (-excess // self._rate)
            if excess <= settled and (end is None or fitting < end):
                return fitting - now
        return None


@final
class _Counter:
    """The counter of one pair, in units of which `rate` fall per nanosecond."""

    __slots__ = ("_rate", "_recent", "_since", "coming", "held", "settled")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._since: int | None = None
        self._recent: deque[tuple[int, int]] = deque()
        self.settled = 0  # what falls
        self.held: set[Charge] = set()  # what is not answered
        self.coming: list[tuple[int, int]] = []  # what begins to fall at a moment ahead, the soonest first

    @property
    def held_units(self) -> int:
        """What is not answered."""
        return sum([charge.on_arrival + charge.if_done for charge in self.held]) if self.held else 0

    @property
    def waiting(self) -> int:
        """What does not fall yet."""
        return self.held_units + (sum([units for _, units in self.coming]) if self.coming else 0)

    def value(self, now: int) -> int:
        """All of it."""
        self.fall(now)
        return self.settled + self.waiting

    def fall(self, now: int) -> None:
        """Let time pass."""
        while self.coming and self.coming[0][0] <= now:
            instant, units = self.coming.pop(0)
            self._fall(instant)
            self._add(instant, units)
        self._fall(now)

    def settle(self, at: int, units: int) -> None:
        """Let so many begin to fall, from a moment on."""
        if self._since is not None and at <= self._since:
            self._add(self._since, units)
        else:
            self.coming.append((at, units))
            self.coming.sort()

    def settled_after(self, instant: int) -> int:
        """How many have begun to fall after a moment."""
        total = 0
        for begun, units in reversed(self._recent):
            if begun <= instant:
                break
            total += units
        return total

    def replace(self, settled: int) -> None:
        """Put another number in the place of what falls."""
        self.settled = settled

    def _add(self, now: int, units: int) -> None:
        self.settled += units
        self._recent.append((now, units))
        while self._recent[0][0] < now - _REMEMBERED:
            self._recent.popleft()

    def _fall(self, now: int) -> None:
        since = now if self._since is None else self._since
        if now > since:
            self.settled = max(0, self.settled - (now - since) * self._rate)
        self._since = max(now, since)
