"""Watches a few live books, trades and tickers for a while, and says how that went."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from havklo._protocol.quantiles import Quantiles
from havklo.channels import Channel, book, ticker, trade
from havklo.cli._doctor.check import Check, Figure, milliseconds
from havklo.cli._doctor.watch import Observed, Watcher
from havklo.cli._view import count
from havklo.client import Client
from havklo.errors import HavkloError
from havklo.venues import Venue

__all__ = ["judge", "watch"]

_TICK: Final = 0.1
_PATIENCE: Final = 10.0
_LATE: Final = 1_000_000_000


async def watch(
    venue: Venue,
    symbols: Sequence[str],
    seconds: float,
    *,
    offset_ns: int | None,
    progress: Callable[[float], object],
    done: Callable[[Observed], object],
) -> None:
    """Subscribe to books, trades and tickers, and see what happens until the time is up.

    Args:
        venue: Where.
        symbols: Of which symbols.
        seconds: For how long.
        offset_ns: How far the server's clock is ahead, if that is known.
        progress: Called again and again with the part of the time that has passed.
        done: Called with what was seen, at the end and also when this is cancelled.

    Raises:
        HavkloError: The client failed as a whole.
    """
    async with Client(venue) as kraken:
        watcher = Watcher(kraken, offset_ns)
        patience = min(_PATIENCE, seconds)
        channels: list[Channel[Any]] = [book(*symbols), trade(*symbols), ticker(*symbols)]
        subscribing = [asyncio.create_task(_subscribe(kraken, each, watcher, patience)) for each in channels]
        complete = False
        try:
            async for _ in kraken.clock.every(_TICK):
                progress(min(1.0, watcher.seconds / seconds))
                for each in subscribing:
                    if each.done():
                        each.result()
                if watcher.seconds >= seconds:
                    complete = True
                    break
        finally:
            done(watcher.observed(complete=complete))
            for each in subscribing:
                each.cancel()
            await asyncio.wait(subscribing)


async def _subscribe(kraken: Client, channel: Channel[Any], watcher: Watcher, patience: float) -> None:
    try:
        subscription = await kraken.subscribe(channel, timeout=patience)
    except HavkloError as error:
        watcher.errors[channel.name] = str(error)
        return
    for symbol, error in getattr(subscription, "errors", {}).items():
        watcher.errors[f"{channel.name} {symbol}"] = str(error)


def judge(seen: Observed) -> list[Check]:
    """Say how it went."""
    return [_books(seen), _delay(seen), _trades(seen), _connections(seen)]


def _books(seen: Observed) -> Check:
    verified, desyncs = seen.total("verified"), seen.desyncs
    causes = ", ".join(f"{times} {cause}" for cause, times in desyncs.most_common())
    figures: dict[str, Figure] = {
        "messages": seen.total("book"),
        "verified": verified,
        "desyncs": desyncs.total(),
        "resyncs": seen.statistics.resyncs,
    }
    detail = f"{count(verified, 'message')} verified, {count(desyncs.total(), 'desync')}" + (
        f" ({causes})" if causes else ""
    )
    if not verified:
        advice = "; ".join(seen.errors.values()) or "no book was live in that time"
        return Check(name="books", outcome="fail", detail=detail, advice=advice, figures=figures)
    if desyncs or seen.errors:
        if seen.resync_ns is not None:
            detail += (
                f", live again after {milliseconds(seen.resync_ns.p50)} (at worst {milliseconds(seen.resync_ns.max)})"
            )
        advice = "; ".join(seen.errors.values()) or (
            "messages were lost or changed on their way, which was noticed and healed; if it happens again and again, "
            "please report it with this file"
        )
        return Check(name="books", outcome="warn", detail=detail, advice=advice, figures=figures)
    return Check(name="books", outcome="ok", detail=detail, figures=figures)


def _delay(seen: Observed) -> Check:
    delay, gap = seen.delay_ns, seen.gap_ns
    figures: dict[str, Figure] = {**_in_ms("delay", delay), **_in_ms("gap", gap)}
    if delay is None or gap is None:
        return Check(name="delay", outcome="skip", detail="too few messages to tell", figures=figures)
    clock = "" if seen.offset_ns is not None else ", the clock's own error included"
    pauses = f"p50 {milliseconds(gap.p50)}, p99 {milliseconds(gap.p99)}, at most {milliseconds(gap.max)}"
    detail = f"p50 {milliseconds(delay.p50)}, p99 {milliseconds(delay.p99)}{clock}; between two messages {pauses}"
    if delay.p99 > _LATE:
        advice = "messages are late: the network, or this machine, is too slow for so many; subscribe to fewer"
        return Check(name="delay", outcome="warn", detail=detail, advice=advice, figures=figures)
    return Check(name="delay", outcome="ok", detail=detail, figures=figures)


def _trades(seen: Observed) -> Check:
    missing = seen.total("missing")
    figures = {"trades": seen.total("trades"), "gaps": seen.gaps, "missing": missing, "tickers": seen.total("tickers")}
    detail = f"{count(figures['trades'], 'trade')}, {count(figures['tickers'], 'ticker')}, {count(seen.gaps, 'gap')}"
    if seen.gaps:
        advice = "trades were lost that Kraken's last 50 could not replace: a longer interruption, see the connections"
        return Check(
            name="trades", outcome="warn", detail=f"{detail}, {missing} missing", advice=advice, figures=figures
        )
    return Check(name="trades", outcome="ok", detail=detail, figures=figures)


def _connections(seen: Observed) -> Check:
    lost = sum(each.kind == "ConnectionLost" for each in seen.incidents)
    stalled = sum(each.kind in ("Stalled", "Silent") for each in seen.incidents)
    now, back = seen.statistics.connections, seen.reconnects
    figures = {"connections": now, "lost": lost, "reconnects": back, "stalled": stalled}
    detail = f"{count(now, 'connection')}, {lost} lost, {back} restored, {stalled} stalled"
    if lost or stalled:
        advice = "the network or the exchange interrupted it; the report says when, and why"
        return Check(name="connections", outcome="warn", detail=detail, advice=advice, figures=figures)
    return Check(name="connections", outcome="ok", detail=detail, figures=figures)


def _in_ms(name: str, found: Quantiles | None) -> dict[str, Figure]:
    if found is None:
        return {}
    figures = {"p50": found.p50, "p99": found.p99, "max": found.max}
    return {f"{name}_ms_{which}": round(value / 1e6, 3) for which, value in figures.items()}
