"""Why a request is refused: every error text of trading, and the exception that carries one to the answer."""

from typing import Final, final

__all__ = ["ERRORS", "RefusedError", "invalid"]


@final
class RefusedError(Exception):
    """A request is answered by an error.

    Args:
        error: Kraken's text.
    """

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


INVALID: Final = "EGeneral:Invalid arguments"
INDEX_UNAVAILABLE: Final = "EGeneral:Invalid arguments:Index unavailable"
PERMISSION_DENIED: Final = "EGeneral:Permission denied"
UNAVAILABLE: Final = "EService:Unavailable"
DEADLINE_ELAPSED: Final = "EService:Deadline elapsed"
INSUFFICIENT_FUNDS: Final = "EOrder:Insufficient funds"
INSUFFICIENT_MARGIN: Final = "EOrder:Insufficient margin"
ORDER_MINIMUM: Final = "EOrder:Order minimum not met"
COST_MINIMUM: Final = "EOrder:Cost minimum not met"
TICK_SIZE: Final = "EOrder:Tick size check failed"
INVALID_PRICE: Final = "EOrder:Invalid price"
POST_ONLY: Final = "EOrder:Post only order"
ORDERS_LIMIT: Final = "EOrder:Orders limit exceeded"
RATE_LIMIT: Final = "EOrder:Rate limit exceeded"
UNKNOWN_POSITION: Final = "EOrder:Unknown position"
NO_POSITION: Final = "EOrder:Reduce only:No position exists"
POSITION_CLOSED: Final = "EOrder:Reduce only:Position is closed"
NOT_CLOSING: Final = "EOrder:Reduce only:Non-PC"

ERRORS: Final = {
    INVALID: "A field is missing, has the wrong type or a value that can't be; the field's name follows.",
    INDEX_UNAVAILABLE: "A trigger that follows the index price, which is not simulated.",
    PERMISSION_DENIED: "The key may not do this.",
    UNAVAILABLE: "The engine or the pair is in maintenance.",
    "EService:Market in cancel_only mode": "Only cancels are taken.",
    "EService:Market in post_only mode": "Only post-only limit orders and cancels are taken.",
    "EService:Market in limit_only mode": "No market order is taken.",
    "EService:Market in reduce_only mode": "Only orders that reduce a position are taken.",
    DEADLINE_ELAPSED: "`deadline` has passed, or is not 500 ms to 60 s ahead.",
    INSUFFICIENT_FUNDS: "What the order may cost is more than what is available.",
    INSUFFICIENT_MARGIN: "The margin that the order needs is more than what is free.",
    ORDER_MINIMUM: "The quantity is below the pair's `qty_min`.",
    COST_MINIMUM: "The order is worth less than the pair's `cost_min`.",
    TICK_SIZE: "A price with more decimals than the pair has.",
    INVALID_PRICE: "A price that is not positive.",
    POST_ONLY: "An amend would make a post-only order take. The text is ours, made from the cancel reason.",
    ORDERS_LIMIT: "More open orders in the pair than the account's tier may have.",
    RATE_LIMIT: "The pair's rate counter would pass its threshold.",
    UNKNOWN_POSITION: "There is no position to settle.",
    NO_POSITION: "A reduce-only order, and the account has never had a position in the pair.",
    POSITION_CLOSED: "A reduce-only order, and the position is closed.",
    NOT_CLOSING: "A reduce-only order on the position's own side, which would enlarge it.",
}
"""Every error that a request to the desk can meet, with its cause.

Four more are in `Rules.texts`, because Kraken does not publish them: `unknown_order`, `duplicate_cl_ord_id`,
`unsupported_order_type` and `fok`. A field that a method does not have is refused by its name, and so is a pair
that is not listed.
"""


def invalid(field: str) -> RefusedError:
    """A field is missing or can't be what it is."""
    return RefusedError(f"{INVALID}:{field}")


def closed_market(state: str) -> RefusedError:
    """The market is in a state that does not take this."""
    return RefusedError(UNAVAILABLE if state == "maintenance" else f"EService:Market in {state} mode")
