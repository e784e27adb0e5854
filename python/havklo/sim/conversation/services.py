"""What all conversations of one simulator share."""

from dataclasses import dataclass

from havklo.clock import Clock
from havklo.sim.accounts.tokens import Tokens
from havklo.sim.conversation.streams import Streams
from havklo.sim.delivery.hub import Hub
from havklo.sim.exchange import Exchange
from havklo.sim.rules import Rules
from havklo.sim.trading.desk import Desk

__all__ = ["Services"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The parts that answer requests.

    Attributes:
        exchange: What is listed, and its market data.
        hub: Who reads which market data.
        streams: Who reads what else.
        tokens: Whose requests they are.
        desk: Takes orders.
        clock: Whose time counts.
        rules: The open points of the protocol.
    """

    exchange: Exchange
    hub: Hub
    streams: Streams
    tokens: Tokens
    desk: Desk
    clock: Clock
    rules: Rules
