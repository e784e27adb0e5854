"""The figures, a file each; every one gives rows for the table and the bars it was held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from peers import MODULES, Peer, find
from timing import Bar, Row, progress

Result = tuple[list[Row], list[Bar]]


@dataclass(frozen=True, slots=True)
class Options:
    """How long to measure."""

    quick: bool

    def rounds(self, full: int) -> int:
        """Give the number of rounds: of a full run, or of a quick one."""
        return max(3, full // 3) if self.quick else full

    @property
    def budget(self) -> float:
        """Seconds that one pass of one contender may take."""
        return 0.04 if self.quick else 0.12


def contenders(modules: Sequence[str] = MODULES) -> dict[str, Peer]:
    """Import the contenders, by module name; one that is not installed is named and left out."""
    found: dict[str, Peer] = {}
    for module in modules:
        try:
            found[module] = find(module)
        except ImportError as error:
            progress(f"left out: {module} ({error})\n")
    return found


def label(peer: Peer) -> str:
    """Name a contender with its version."""
    return f"{peer.name} {version(peer.package)}" if peer.package else peer.name
