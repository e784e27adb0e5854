"""Who gets which frame."""

from havklo.sim.delivery.faults import Faults
from havklo.sim.delivery.hub import Hub
from havklo.sim.exchange import Exchange, Publication
from havklo.sim.symbols import pairs


class Inbox:
    """A subscriber that keeps what it gets."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.frames: list[bytes] = []

    def send(self, frame: bytes) -> None:
        """Keep a frame."""
        self.frames.append(frame)

    def abort(self) -> None:
        """No test here gets that far."""
        raise AssertionError("nobody ordered a fault")


def test_symbol_and_depth_decide() -> None:
    """A frame goes to those who look at its symbol and depth, in the order they came, until they leave."""
    hub, exchange = Hub(Faults(1)), Exchange(pairs(1))
    ten, other_ten, deep, elsewhere = (Inbox(number) for number in range(1, 5))
    for inbox, symbol, depth in (
        (ten, "BTC/USD", 10),
        (other_ten, "BTC/USD", 10),
        (deep, "BTC/USD", 25),
        (elsewhere, "ETH/USD", 10),
    ):
        hub.join(inbox, symbol, depth)
    assert hub.subscriptions == 4
    assert hub.targets == [("BTC/USD", 1), ("BTC/USD", 2), ("BTC/USD", 3), ("ETH/USD", 4)]
    publication = Publication(exchange.listing("BTC/USD", 0), [(10, b"near"), (25, b"far")])
    hub.publish(publication, 0)
    hub.leave(ten, "BTC/USD", 10)
    hub.publish(publication, 0)
    received = [inbox.frames for inbox in (ten, other_ten, deep, elsewhere)]
    assert received == [[b"near"], [b"near", b"near"], [b"far", b"far"], []]
    assert hub.frames == 5
    hub.leave(ten, "BTC/USD", 10)
    assert hub.subscriptions == 3, "leaving twice does nothing"
