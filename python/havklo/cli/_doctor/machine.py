"""Checks of this machine: what is installed, the event loop, and the credentials in the environment."""

import asyncio
import base64
import binascii
import importlib.metadata
import platform
import sys
from collections.abc import Collection, Mapping, Sequence
from statistics import median
from typing import Final

from havklo.cli._doctor.check import Check
from havklo.clock import Clock

__all__ = ["API_KEY", "API_SECRET", "credentials", "event_loop", "operating_system", "python", "versions"]

API_KEY: Final = "KRAKEN_API_KEY"
API_SECRET: Final = "KRAKEN_API_SECRET"  # noqa: S105 - the variable's name
"""The variables of the environment that are looked at."""

_MILLISECOND: Final = 1_000_000
_LIBRARIES: Final = ("picows", "aiohttp", "msgspec", "uvloop")
_OLDEST: Final = (3, 11)
_MINOR: Final = "Programming Language :: Python :: 3."
_KEY_LENGTH: Final = 56
_SECRET_BYTES: Final = 64
_NAPS: Final = 10
_NAP: Final = 0.005  # seconds
_LATE: Final = 50 * _MILLISECOND


def versions(names: Collection[str] = _LIBRARIES) -> Check:
    """What is installed, and in which version."""
    found: dict[str, str | None] = {name: _version(name) for name in ("havklo", *names)}
    missing = [name for name in names if found[name] is None and not (name == "uvloop" and sys.platform == "win32")]
    listed = ", ".join(f"{name} {version}" for name, version in found.items() if version is not None)
    if missing:
        return Check(
            name="versions",
            outcome="fail",
            detail=f"{listed}; without {', '.join(missing)}",
            advice="pip install --force-reinstall havklo",
            figures=found,
        )
    return Check(name="versions", outcome="ok", detail=listed, figures=found)


def python(running: Sequence[int] = sys.version_info[:3], tested: Collection[tuple[int, int]] | None = None) -> Check:
    """Whether this Python is one that Havklo runs on and has been tested with."""
    tested = _tested() if tested is None else tested
    minor = tuple(running[:2])
    text = ".".join(map(str, running))
    figures = {"version": text, "implementation": platform.python_implementation()}
    detail = f"{figures['implementation']} {text}"
    if minor < _OLDEST:
        advice = f"Havklo needs Python {_dotted(_OLDEST)} or later"
        return Check(name="python", outcome="fail", detail=f"{detail}: too old", advice=advice, figures=figures)
    if minor not in tested:
        known = ", ".join(map(_dotted, sorted(tested)))
        advice = f"should anything be odd, try one that Havklo is tested with: {known}"
        return Check(name="python", outcome="warn", detail=f"{detail}: not tested", advice=advice, figures=figures)
    return Check(name="python", outcome="ok", detail=detail, figures=figures)


def operating_system(system: str | None = None) -> Check:
    """Whether this operating system is one that Havklo has been tested on."""
    system = platform.system() if system is None else system
    figures = {"system": system, "release": platform.release(), "machine": platform.machine()}
    detail = " ".join(figures.values())
    if system != "Linux":
        advice = "Havklo is written for it, but only Linux has been tested; please tell what does not work"
        return Check(name="system", outcome="warn", detail=f"{detail}: not tested", advice=advice, figures=figures)
    return Check(name="system", outcome="ok", detail=detail, figures=figures)


async def event_loop(clock: Clock) -> Check:
    """Which event loop runs, and how late it is with its timers."""
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    late: list[int] = []
    for _ in range(_NAPS):
        began = clock.now()
        await clock.sleep(_NAP)
        late.append(max(0, clock.now() - began - round(_NAP * 1_000 * _MILLISECOND)))
    usual, worst = median(late), max(late)
    usual_ms, worst_ms = usual / _MILLISECOND, worst / _MILLISECOND
    figures = {"loop": loop, "late_ms_p50": round(usual_ms, 3), "late_ms_max": round(worst_ms, 3)}
    detail = f"{loop}, timers {usual_ms:.1f} ms late (at worst {worst_ms:.1f} ms)"
    if usual > _LATE:
        advice = "this machine is too busy to follow a market: see what else runs on it"
        return Check(name="event loop", outcome="warn", detail=detail, advice=advice, figures=figures)
    if loop != "uvloop" and sys.platform != "win32":
        advice = "pip install uvloop: it is faster, and `havklo` uses it where it is installed"
        return Check(name="event loop", outcome="warn", detail=detail, advice=advice, figures=figures)
    return Check(name="event loop", outcome="ok", detail=detail, figures=figures)


def credentials(environment: Mapping[str, str]) -> Check:
    """Whether there is a key in the environment, and whether it looks like one; neither part is ever shown."""
    key, secret = (environment.get(name, "").strip() for name in (API_KEY, API_SECRET))
    figures = {"key": bool(key), "secret": bool(secret)}
    if not key and not secret:
        detail = f"none in {API_KEY} and {API_SECRET}; market data needs none"
        return Check(name="credentials", outcome="ok", detail=detail, figures=figures)
    advice = "copy it once more from where Kraken showed it, all of it, without quotes around it"
    if not key or not _decoded(secret):
        fault = f"{API_SECRET} is not base64" if key and secret else f"{API_SECRET if key else API_KEY} is not set"
        return Check(name="credentials", outcome="fail", detail=fault, advice=advice, figures=figures)
    odd = [
        *([] if len(key) == _KEY_LENGTH else [f"{API_KEY} has {len(key)} characters instead of {_KEY_LENGTH}"]),
        *([] if len(_decoded(secret)) == _SECRET_BYTES else [f"{API_SECRET} is not of {_SECRET_BYTES} bytes"]),
    ]
    if odd:
        return Check(name="credentials", outcome="warn", detail=", ".join(odd), advice=advice, figures=figures)
    detail = f"found in {API_KEY} and {API_SECRET}, and well-formed"
    return Check(name="credentials", outcome="ok", detail=detail, figures=figures)


def _decoded(text: str) -> bytes:
    """The bytes of a base64 text; none if it is not one."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _tested() -> set[tuple[int, int]]:
    """The Python versions that the package says it has been tested with."""
    said = importlib.metadata.metadata("havklo").get_all("Classifier") or []
    return {(3, int(line.removeprefix(_MINOR))) for line in said if line.startswith(_MINOR)}


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
