"""Kraken's timestamps as nanoseconds since 1970, exactly."""

import re
from datetime import date

__all__ = ["epoch_ns"]

_SECOND = 1_000_000_000
_LATEST = 2**63 - 1 - _SECOND  # what 64 bits hold, as the engine counts: the years 1678 to 2261
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)

# Whole seconds that were met lately, "2026-11-22T09:30:00." and its nanoseconds: many messages share one.
_seconds: dict[str, int] = {}
_REMEMBERED = 256


def epoch_ns(text: str) -> int | None:
    """Turn an RFC3339 timestamp into nanoseconds since 1970.

    Nothing is rounded: there are up to nine decimals, or none, and Z or an offset. A leap second is no moment of this
    count.

    Args:
        text: Such as "2026-11-22T09:30:00.123456Z".

    Returns:
        The moment, or None if the text is no such timestamp, or one that 64 bits can't hold: a stamp that can't be
        read costs a measurement, and must not cost the message that it came with.
    """
    second = _seconds.get(text[:20])
    if second is not None and text[-1] == "Z":
        digits = text[20:-1]
        if digits.isdecimal() and digits.isascii():
            size = len(digits)
            if size == 6:
                return second + int(digits) * 1_000
            if size == 9:
                return second + int(digits)
    return _read(text)


def _read(text: str) -> int | None:
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    *numbers, digits, sign, ahead_hours, ahead_minutes = found.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:  # the 30th of February
        return None
    whole = (((days * 24 + hour) * 60 + minute) * 60 + second) * _SECOND
    if digits is None:
        moment = whole
    else:
        moment = whole + int(digits.ljust(9, "0"))
        if _within(moment) is not None:
            _remember(text[:20], whole)
    if sign is None:
        return _within(moment)
    ahead = (int(ahead_hours) * 60 + int(ahead_minutes)) * 60 * _SECOND
    return _within(moment - ahead if sign == "+" else moment + ahead)


def _within(moment: int) -> int | None:
    return moment if abs(moment) <= _LATEST else None


def _remember(start: str, whole: int) -> None:
    if len(_seconds) >= _REMEMBERED:
        _seconds.clear()
    _seconds[start] = whole
