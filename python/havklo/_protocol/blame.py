"""Which topics a refusal is about, and the error that it becomes for them."""

from collections.abc import Iterable
from typing import Final

from havklo import errors
from havklo._protocol.life import Life, Phase
from havklo._protocol.messages import Refusal
from havklo._protocol.refusals import refusal
from havklo.channels import Topic
from havklo.errors import ExchangeError, HavkloError, SubscriptionError

__all__ = ["is_final", "is_too_many", "meant_by", "refusal_error", "token_error"]

# These may be right again without anybody's doing.
_PASSING: Final = (errors.InvalidNonce, errors.TemporaryLockout, errors.RateLimited, errors.ServiceError)


def meant_by(refused: Refusal, lives: Iterable[Life]) -> list[Life]:
    """Give the lives that a refusal is about, by its request's id and its symbol, as far as it names them."""
    waiting = Phase.UNSUBSCRIBING if refused.method == "unsubscribe" else Phase.SUBSCRIBING
    meant = [life for life in lives if life.phase is waiting]
    if refused.channel is not None:
        meant = [life for life in meant if life.topic.channel == refused.channel]
    if refused.symbol is not None:
        meant = [life for life in meant if life.topic.symbol == refused.symbol]
    else:
        meant = [life for life in meant if not life.acked]
    if refused.req_id is not None:
        return [life for life in meant if life.req_id == refused.req_id]
    # Without an id only a single request under way can be meant; without a method it may as well be a ping.
    single = len({life.req_id for life in meant}) == 1
    return meant if single and refused.method is not None else []


def is_too_many(error: str) -> bool:
    """Whether Kraken's words say that there was too much in too short a time."""
    words = error.lower()
    return "exceeded msg rate" in words or "rate limit exceeded" in words


def is_final(error: HavkloError) -> bool:
    """Whether asking for a token again would be of no use: the key is wrong, or may not have one."""
    if isinstance(error, ExchangeError):
        return not isinstance(error, _PASSING)
    return not isinstance(error, errors.RestError | errors.Disconnected)


def refusal_error(topic: Topic, error: str) -> SubscriptionError:
    """Give the error for a subscription that Kraken has refused with these words."""
    return token_error(topic, refusal(error))


def token_error(topic: Topic, error: HavkloError) -> SubscriptionError:
    """Give the error for a subscription that can't be had because of another error."""
    words = error.error if isinstance(error, ExchangeError) else error.message
    refused = SubscriptionError(topic.symbol or None, topic.channel, words, hint=error.hint)
    refused.__cause__ = error
    return refused
