"""What a check finds, and how one is kept from running for ever."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Final, Literal, TypeAlias, final

import msgspec

from havklo.cli._doctor.advice import explain
from havklo.errors import HavkloError

__all__ = ["Check", "Figure", "Outcome", "failed", "guarded", "milliseconds", "skipped", "verdict"]

Outcome: TypeAlias = Literal["ok", "warn", "fail", "skip"]
Figure: TypeAlias = int | float | str | bool | None

_SKIPPED: Final = "not looked at: "


@final
class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    Attributes:
        name: What was looked at.
        outcome: "ok", "warn" (it works, but not for everything or not for long), "fail", or "skip" (it could not
            be looked at, because of an earlier failure or because there is no such thing here).
        detail: What was found, in one line.
        advice: What to do about it.
        figures: What was measured, by name.
    """

    name: str
    outcome: Outcome
    detail: str
    advice: str | None = None
    figures: Mapping[str, Figure] = {}


def failed(name: str, error: Exception, **figures: Figure) -> Check:
    """The check that ended with an error."""
    reason = explain(error)
    return Check(name=name, outcome="fail", detail=reason.detail, advice=reason.advice, figures=figures)


def skipped(name: str, why: str) -> Check:
    """The check that was not made."""
    return Check(name=name, outcome="skip", detail=_SKIPPED + why)


async def guarded(name: str, look: Awaitable[Check], seconds: float) -> Check:
    """Wait for a check, and turn what goes wrong in it, or takes too long, into a failure with its reason."""
    try:
        async with asyncio.timeout(seconds):
            return await look
    except TimeoutError:
        return failed(name, TimeoutError(f"no answer within {seconds:g} s"))
    except (HavkloError, OSError) as error:
        return failed(name, error)


def milliseconds(nanoseconds: float) -> str:
    """A duration, which may be negative, in milliseconds."""
    value = nanoseconds / 1e6
    return f"{value:.1f} ms" if abs(value) < 10 else f"{value:,.0f} ms"


def verdict(checks: Iterable[Check]) -> Outcome:
    """The worst of all outcomes."""
    outcomes = {check.outcome for check in checks}
    return "fail" if "fail" in outcomes else "warn" if "warn" in outcomes else "ok"
