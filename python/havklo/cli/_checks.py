"""What several commands ask of their arguments."""

import math

from havklo.errors import ConfigurationError

__all__ = ["check_seconds"]


def check_seconds(seconds: float | None) -> None:
    """Refuse a duration that can't be.

    Raises:
        ConfigurationError: It is not positive, or not finite.
    """
    if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
        raise ConfigurationError(f"--seconds is a positive number, not {seconds:g}")
