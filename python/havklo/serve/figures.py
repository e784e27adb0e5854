"""`/health` and `/metrics`: how the gateway and what it asks for its pages are."""

from typing import TYPE_CHECKING, Any, Final, final

from havklo.errors import ConfigurationError
from havklo.serve.refusals import Refused
from havklo.serve.relay import Counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from havklo.serve.queues import Queues
    from havklo.serve.sources import Source

__all__ = ["health", "metrics"]

_COUNTERS: Final = {
    "sent": "Frames that were sent to pages.",
    "left_out": "Frames that were left out, as a page read too slowly.",
    "lapses": "Times that a page was given a fresh snapshot in place of a book's updates.",
    "closed": "Times that a page that read too slowly was sent away.",
}


def health(source: "Source", counts: Counts, queues: "Queues | None") -> dict[str, Any]:
    """How the gateway is, ready for JSON."""
    taken = None if queues is None else queues.taken()
    told: dict[str, Any] = {
        "state": "live",
        "venue": source.kind,
        "symbols": source.symbols,
        **counts.totals()._asdict(),
        "level3": None if taken is None else taken[0].to_dict(),
    }
    if source.simulator is not None:
        statistics = source.simulator.statistics()
        told["simulator"] = {
            "messages": statistics.messages,
            "connections": statistics.connections,
            "skipped": statistics.skipped,
            "faults": dict(statistics.faults),
        }
    return told


def metrics(counts: Counts, queues: "Queues | None", accept: str) -> tuple[bytes, str]:
    """The same for Prometheus: the text and its content type.

    Raises:
        Refused: `prometheus-client` is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry  # noqa: PLC0415 - it may be missing
        from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

        from havklo.metrics import Collector  # noqa: PLC0415

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Relays(counts))
        if queues is not None and queues.observed is not None:
            registry.register(Collector(queues.observed))
    except (ImportError, ConfigurationError) as error:
        raise Refused(
            501, "metrics need prometheus-client, which is not installed", hint="pip install 'havklo[serve]'"
        ) from error
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


@final
class _Relays:
    """The relays' counters for a registry."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> "Iterator[Metric]":
        """Give the metrics of this moment."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

        totals = self._counts.totals()
        yield GaugeMetricFamily("havklo_serve_pages", "Pages that are joined to a market.", totals.pages)
        for name, words in _COUNTERS.items():
            yield CounterMetricFamily(f"havklo_serve_{name}", words, getattr(totals, name))
