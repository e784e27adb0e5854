"""Those who follow single orders of a level-3 book, from one change of their place to the next."""

import random
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final, final

from dst.holding import Holding
from dst.journal import Journal
from dst.orders import OrderWatch
from dst.virtual import VirtualClock
from havklo import Level3Subscription
from havklo.errors import BookNotLive, HavkloError, SlowConsumer, SubscriptionError

if TYPE_CHECKING:
    from havklo.events import QueueChange

__all__ = ["Trackers"]

_MOST: Final = 3  # orders at a time


@final
class Trackers:
    """Follows some orders of one client's books.

    Args:
        watch: Judges what is told of them.
        journal: The run's account.
        clock: The run's time.
        rng: Chooses the orders.
        fail: Is told of an error that ends it, and when it began.
    """

    def __init__(
        self,
        watch: OrderWatch,
        journal: Journal,
        clock: VirtualClock,
        rng: random.Random,
        fail: Callable[[HavkloError, int], object],
    ) -> None:
        self._watch = watch
        self._journal = journal
        self._clock = clock
        self._random = rng
        self._fail = fail
        self._count = 0

    def begin(self, holdings: Sequence[Holding]) -> Coroutine[Any, Any, None] | None:
        """Choose an order, of the best level or deeper, and give what follows it until it leaves, or its book does."""
        single = [each for each in holdings if isinstance(each.subscription, Level3Subscription)]
        if not single or self._count >= _MOST:
            return None
        subscription = self._random.choice(single).subscription
        try:
            orders = subscription.book.orders(self._random.choice(("bid", "ask")))
        except BookNotLive:
            return None
        if not orders:
            return None
        at = min(int(self._random.expovariate(0.1)), len(orders) - 1)
        return self._follow(subscription, orders[at].order_id)

    async def _follow(self, subscription: Level3Subscription, order_id: str) -> None:
        self._count += 1
        self._journal.counts["orders tracked"] += 1
        before: QueueChange | None = None
        began = self._clock.now()
        try:
            async for change in subscription.track(order_id):
                self._watch.judge_change(change, before)
                before = change
        except SlowConsumer:
            self._journal.counts["event SlowConsumer"] += 1
        except SubscriptionError as error:
            self._fail(error, began)
        finally:
            self._count -= 1
