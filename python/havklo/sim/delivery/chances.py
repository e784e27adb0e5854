"""What may come up at random."""

from dataclasses import dataclass, field
from typing import Final

from havklo.errors import ConfigurationError
from havklo.sim.delivery.kinds import FaultKind, Options, check

__all__ = ["USUAL", "Chance"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chance:
    """One of the faults that may come up at random.

    Attributes:
        kind: Which kind.
        weight: How often it comes up, compared with the others.
        options: What else is said about it.

    Raises:
        ConfigurationError: It could not be ordered like this, or would never come up.
    """

    kind: FaultKind
    weight: float = 1.0
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        check(self.kind, None, 1, self.options)
        if not self.weight > 0:
            raise ConfigurationError(f"a weight is above 0, not {self.weight}")


USUAL: Final = (
    Chance(kind="drop", weight=5),
    Chance(kind="corrupt", weight=4),
    Chance(kind="disconnect", weight=1),  # a lost connection is the rarest
)
