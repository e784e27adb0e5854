"""One request: its envelope, its parameters, and the frames that answer it.

An answer's keys stand in alphabetical order, as on Kraken, which is why most errors begin with `error`.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final, cast, final

import msgspec

from havklo.clock import Clock
from havklo.sim.wire.stamps import rfc3339

__all__ = ["Params", "RefusedError", "Request"]

_LONGEST: Final = 40  # digits before or behind the point; what is longer would only keep somebody busy

_encode: Final = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


@final
class RefusedError(Exception):
    """A request, or a part of it, is answered by an error ack.

    Args:
        error: Kraken's text.
        fields: What stands beside it.
    """

    def __init__(self, error: str, **fields: object) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > _LONGEST:
        raise ValueError("a number of that size")
    return number


_decode: Final = msgspec.json.Decoder(float_hook=_number).decode


@final
class Request:
    """A request while it is answered: what is known of it is repeated in every answer.

    Args:
        clock: Gives the times of arrival and answer.
        malformed: The error text for what is no request.
    """

    def __init__(self, clock: Clock, malformed: str) -> None:
        self.method: str = ""
        self.now_ns: int = clock.epoch_ns()
        self._clock = clock
        self._malformed = malformed
        self._known: dict[str, object] = {}

    def read(self, message: str | bytes) -> "Params":
        """Take the envelope apart.

        Raises:
            RefusedError: It is not a request.
        """
        try:
            request: object = _decode(message)
        except (ValueError, RecursionError):
            raise RefusedError(self._malformed) from None
        if not isinstance(request, dict):
            raise RefusedError(self._malformed)
        fields = cast("dict[str, object]", request)
        method, req_id, params = fields.get("method"), fields.get("req_id"), fields.get("params", {})
        if isinstance(method, str):
            self._known["method"] = self.method = method
        if isinstance(req_id, int) and not isinstance(req_id, bool):
            self._known["req_id"] = req_id
        well_formed = "method" in self._known and (req_id is None or "req_id" in self._known)
        if not well_formed or not isinstance(params, dict):
            raise RefusedError(self._malformed)
        return Params(cast("dict[str, object]", params), self._malformed)

    def ack(self, result: object = None, **fields: object) -> bytes:
        """It was carried out, or a part of it was."""
        if result is not None:
            fields["result"] = result
        return self._answer({"success": True, **fields})

    def refuse(self, error: str, **fields: object) -> bytes:
        """It was refused, or a part of it was."""
        return self._answer({"error": error, "success": False, **fields})

    def pong(self, *, success: bool) -> bytes:
        """The answer to a ping."""
        return self._answer({"method": "pong"} | ({"success": True} if success else {}))

    def _answer(self, fields: Mapping[str, object]) -> bytes:
        times = {
            "time_in": rfc3339(self.now_ns // 1_000),
            "time_out": rfc3339(self._clock.epoch_ns() // 1_000),
        }
        return _encode({**self._known, **fields, **times})


@final
class Params:
    """A request's parameters, read one by one; those that nobody reads are left alone.

    Args:
        values: What was sent.
        malformed: The error text for a wrong type.
    """

    def __init__(self, values: dict[str, object], malformed: str) -> None:
        self.values = values
        self._malformed = malformed

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        """A text that has to be there."""
        value = self.values.get(name)
        if not isinstance(value, str):
            raise RefusedError(self._malformed)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts, at least one."""
        value = self.values.get(name)
        if not isinstance(value, list) or not value:
            raise RefusedError(self._malformed)
        texts = cast("list[object]", value)
        if not all(isinstance(text, str) for text in texts):
            raise RefusedError(self._malformed)
        return cast("list[str]", texts)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise RefusedError(self._malformed)
        return value

    def choice(self, name: str, choices: Collection[int | str], refusal: str) -> int | str:
        """One of some numbers or words; the type tells a mistake from a choice that is not offered."""
        value = self.values[name]
        if type(value) is not type(next(iter(choices))):
            raise RefusedError(self._malformed)
        if value not in choices:
            raise RefusedError(refusal)
        return value
