"""One connection's conversation, without I/O: a request goes in, the frames that answer it come out.

`handle` is a generator: it makes each frame when it is asked for, so that whoever writes to the socket can
wait for a slow reader between two snapshots without their contents growing old.
"""

from collections.abc import Iterable, Iterator
from typing import Final, final

from havklo.sim.conversation.endpoint import Endpoint
from havklo.sim.conversation.level3 import Level3
from havklo.sim.conversation.private import Private
from havklo.sim.conversation.public import Public
from havklo.sim.conversation.request import Params, RefusedError, Request
from havklo.sim.conversation.services import Services
from havklo.sim.delivery.hub import Subscriber
from havklo.sim.trading.desk import METHODS

__all__ = ["Conversation"]

_ENDPOINTS: Final[dict[str, type[Endpoint]]] = {"public": Public, "private": Private, "level3": Level3}


@final
class Conversation:
    """What one connection has subscribed to, and the answers it gets.

    Args:
        services: Who answers.
        subscriber: The connection; its role is its endpoint.
        connection_id: Its unsigned 64-bit number.
    """

    def __init__(self, services: Services, subscriber: Subscriber, connection_id: int) -> None:
        self._services = services
        self._subscriber = subscriber
        self._connection_id = connection_id
        self._endpoint = _ENDPOINTS[subscriber.role](services, subscriber)

    def __repr__(self) -> str:
        return f"<Conversation {self._subscriber.role}, {self._endpoint.subscriptions} subscriptions>"

    @property
    def subscribed(self) -> bool:
        """Whether there is any subscription; then heartbeats are due."""
        return self._endpoint.subscriptions > 0

    def accept(self) -> Iterable[bytes]:
        """The first frame: the status."""
        services = self._services
        yield services.streams.connect(self._subscriber, self._connection_id, services.clock.epoch_ns())

    def handle(self, message: str | bytes) -> Iterator[bytes]:
        """Answer one request."""
        rules = self._services.rules
        request = Request(self._services.clock, rules.texts.malformed)
        try:
            params = request.read(message)
            if request.method == "ping":
                yield request.pong(success=rules.pong_success)
            else:
                yield from self._answer(request, params)
        except RefusedError as refused:
            yield request.refuse(refused.error, **refused.fields)

    def end(self) -> None:
        """The connection has ended: nothing is computed for it any more."""
        self._endpoint.end()
        self._services.streams.disconnect(self._subscriber)

    def _answer(self, request: Request, params: Params) -> Iterator[bytes]:
        if request.method == "subscribe":
            return self._endpoint.subscribe(request, params)
        if request.method == "unsubscribe":
            return self._endpoint.unsubscribe(request, params)
        if request.method in METHODS:
            return self._endpoint.trade(request, params)
        raise RefusedError(self._services.rules.texts.unknown_method)
