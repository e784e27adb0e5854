"""Texts that must not show up anywhere by themselves: an API secret, a token, a message that carries one."""

from collections.abc import Callable
from typing import NoReturn, SupportsIndex, final

from havklo.errors import ConfigurationError

__all__ = ["Secret"]


class Secret:
    """A text that shows up nowhere by itself: not in a repr, a log, a traceback's locals, a dict of fields or a pickle.

    Only `reveal` gives it. Whoever calls that hands the text on in the same expression and keeps it in no variable:
    tools that report errors copy the variables of all frames.
    """

    __slots__ = ("_reveal",)

    _reveal: Callable[[], str]

    def __init__(self, text: str) -> None:
        # A closure, and not an attribute: what walks over attributes finds a function.
        self._reveal = lambda: text

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, hidden>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret) or type(other) is not type(self):
            return NotImplemented
        # It loads all of OpenSSL, and few clients have a secret: importing havklo stays light.
        from hmac import compare_digest  # noqa: PLC0415

        return compare_digest(self._reveal().encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((type(self), self._reveal()))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise ConfigurationError("a secret can't be pickled")

    @final
    def reveal(self) -> str:
        """Give the text itself."""
        return self._reveal()
