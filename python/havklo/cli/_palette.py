"""The terminal's colours. Hue means a side of the book, and position tells it too; words tell the state."""

from typing import Final

BACK: Final = "#0b0d12"
LINE: Final = "#2b3242"
BRIGHT: Final = "#e8ecf2"
SOFT: Final = "#a3adbd"
FAINT: Final = "#7c879a"
GREY: Final = "#7c879a"
"""A book that is not proven now loses its colours."""

BID: Final = "#3ddc97"
ASK: Final = "#f0506e"
BID_BAR: Final = "#206a50"
ASK_BAR: Final = "#722e40"

LIVE: Final = "#9d8bff"
WARN: Final = "#f5b83d"
DANGER: Final = "#f0506e"

STATES: Final = {"live": LIVE, "connecting": "#5ab0ff", "desynced": DANGER, "closed": GREY}
"""By word; every other state is a warning."""

NOTES: Final = {
    "desync": DANGER,
    "healed": LIVE,
    "live": LIVE,
    "fault": WARN,
    "lost": DANGER,
    "stalled": WARN,
}
"""By kind of note."""
