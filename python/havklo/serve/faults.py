"""What a page may ask the simulator to do wrong, so that a person sees a book notice and heal."""

from typing import TYPE_CHECKING, Any, Final

import msgspec

from havklo.errors import ConfigurationError
from havklo.sim.delivery.kinds import KINDS, FaultKind, Options

if TYPE_CHECKING:
    from havklo.sim import Simulator

__all__ = ["order"]

_MOST: Final = 1_000
_LONGEST: Final = 600.0
_PLEASE: Final = '{"symbol": "BTC/USD", "fault": "drop"}, and what else the fault takes'


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be asked; see `havklo.sim.delivery.kinds.Options`."""

    fault: FaultKind
    symbol: str | None = None
    count: int = 1
    channel: str | None = None
    seconds: float | None = None
    code: int | None = None
    bytes_per_second: int | None = None


_asked: Final = msgspec.json.Decoder(_Asked)
_USUAL: Final = {"seconds": 5.0, "bytes_per_second": 2_000}
"""What is meant where a fault needs a value and none was given."""


def order(simulator: "Simulator", body: bytes) -> dict[str, Any]:
    """Order the fault that a request asks for.

    A fault of frames strikes those of books unless it says otherwise, for a lost trade is noticed by nobody.

    Returns:
        What was ordered, for the answer.

    Raises:
        ConfigurationError: The request can't be read, or the simulator knows no such fault, symbol or option.
    """
    try:
        asked = _asked.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"this asks for no fault: {error}", hint=_PLEASE) from error
    if not 1 <= asked.count <= _MOST:
        raise ConfigurationError(f"a fault can be asked for 1 to {_MOST} times, not {asked.count}")
    if asked.seconds is not None and not 0 < asked.seconds <= _LONGEST:
        raise ConfigurationError(f"a fault lasts up to {_LONGEST:g} seconds, not {asked.seconds:g}")
    kind = KINDS[asked.fault]
    options: Options = {
        "channel": asked.channel,
        "seconds": asked.seconds,
        "code": asked.code,
        "bytes_per_second": asked.bytes_per_second,
    }
    if asked.channel is None and asked.symbol is not None and "channel" in kind.takes:
        options["channel"] = "book"
    if "seconds" in kind.needs and asked.seconds is None:
        options["seconds"] = _USUAL["seconds"]
    if "bytes_per_second" in kind.needs and asked.bytes_per_second is None:
        options["bytes_per_second"] = int(_USUAL["bytes_per_second"])
    ordered = simulator.inject(asked.fault, asked.symbol, asked.count, **options)
    return {"fault": asked.fault, "symbol": asked.symbol, "count": asked.count, "happened": len(ordered.faults)}
