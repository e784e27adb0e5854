"""What nobody outside Kraken knows for certain, as named options: each with the value that is most likely.

Kraken's documentation leaves some points open, and nobody has measured them. The simulator does not guess in
silence: every such point is a field here, so that a program can be tried against both answers.
"""

from dataclasses import dataclass, field
from typing import Literal

from havklo.errors import ConfigurationError

__all__ = ["Rules", "Texts"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """Error texts that Kraken does not publish.

    They are assumptions from what users of its two protocol versions have reported; replace them once the
    real ones are known.

    Attributes:
        malformed: Not JSON, not an object, a missing field or one of the wrong type.
        unknown_method: A method that does not exist.
        unknown_channel: A channel that does not exist.
        already_subscribed: A symbol is subscribed on this connection already, at whatever depth.
        not_subscribed: An unsubscribe without a subscription.
        msg_rate: Too many requests on one connection.
        level3_rate: More level-3 subscriptions than the cost budget of a second allows.
        level3_symbols: More level-3 symbols on one connection than 200.
        duplicate_cl_ord_id: An open order has this cl_ord_id already.
        unknown_order: Cancel, amend or edit of an order that is not open.
        unsupported_order_type: An order type that is not simulated.
        fok: Fill or kill, where the rules do not allow it.
    """

    malformed: str = "Malformed request"
    unknown_method: str = "Unsupported method"
    unknown_channel: str = "Unsupported channel"
    already_subscribed: str = "Already subscribed"
    not_subscribed: str = "Subscription Not Found"
    msg_rate: str = "Exceeded msg rate"
    level3_rate: str = "EAPI:Rate limit exceeded"
    level3_symbols: str = "EGeneral:Too many symbols"
    duplicate_cl_ord_id: str = "EGeneral:Invalid arguments:cl_ord_id"
    unknown_order: str = "EOrder:Unknown order"
    unsupported_order_type: str = "EGeneral:Invalid arguments:order_type"
    fok: str = "EGeneral:Invalid arguments:time_in_force"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The open points of the protocol.

    Attributes:
        qty_down: Whether an order whose quantity is amended to less keeps its place in the queue.
        qty_up: The same for more.
        iceberg_refill: Where an iceberg's next part stands: at the back of the queue, or where it was.
        price_event: How level3 tells an amend with a new price: as a delete and an add, or as one modify.
        requeue_event: The same for an amended order that stays at its price and goes to the back of its queue;
            a modify does not say so, a reader has to know it, or to find out by the checksum.
        duplicate_cl_ord_id: Whether a second open order with the same cl_ord_id is refused.
        level3_keeps_token: Whether a level-3 subscription keeps its token alive, like a private one.
        decay: Whether the rate counter decays all the time or once per whole second.
        batch_cancel_count: Where batch_cancel answers its count: as `result.count`, or as
            `orders_cancelled` beside `success`.
        batch_refusal: What stands in batch_add's result for an order that was refused alone: its `error`
            and `success`, or nothing (the entry is left out).
        sell_fee: The asset that a sale's fee is taken in unless the order says otherwise: base as documented, or
            quote as in the sales that were seen.
        fok: Whether add_order takes `time_in_force` fok.
        pong_success: Whether a pong has `success`.
        limit_price_type: What `limit_price_type` means for a trailing stop when it is not given.
        ratecount_field: The name of the counter in execution reports, where it was asked for.
        token_seconds: For how long a token can be used first.
        connects: How many connection attempts an address has in `connects_seconds` before it is banned for
            `ban_seconds`; None: no limit.
        connects_seconds: The sliding window of these attempts.
        ban_seconds: How long a ban lasts.
        lockout_after: After how many wrong keys, signatures or nonces in a row a key is locked out for 15
            minutes; None: never.
        requests: How many requests a connection has per second; None: no limit.
        texts: Unpublished error texts.
    """

    qty_down: Literal["keep", "back"] = "keep"
    qty_up: Literal["back", "keep"] = "back"
    iceberg_refill: Literal["back", "keep"] = "back"
    price_event: Literal["delete_add", "modify"] = "delete_add"
    requeue_event: Literal["delete_add", "modify"] = "delete_add"
    duplicate_cl_ord_id: Literal["refuse", "accept"] = "refuse"
    level3_keeps_token: bool = True
    decay: Literal["continuous", "steps"] = "continuous"
    batch_cancel_count: Literal["result", "response"] = "result"
    batch_refusal: Literal["entry", "omit"] = "entry"
    sell_fee: Literal["base", "quote"] = "base"
    fok: bool = True
    pong_success: bool = False
    limit_price_type: Literal["quote", "pct", "static"] = "quote"
    ratecount_field: str = "ratecount"
    token_seconds: int = 900
    connects: int | None = 150
    connects_seconds: float = 600.0
    ban_seconds: float = 600.0
    lockout_after: int | None = None
    requests: float | None = None
    texts: Texts = field(default_factory=Texts)

    def __post_init__(self) -> None:
        for name in ("connects", "requests", "lockout_after", "connects_seconds", "ban_seconds", "token_seconds"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigurationError(f"{name} is more than 0, not {value}")
