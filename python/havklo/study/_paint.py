"""How charts look: colours that the colour-blind can tell apart, the same shapes everywhere, light and dark pages."""

# matplotlib tells the types of its keyword arguments nowhere, and of its settings one by one.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportArgumentType=false

import contextlib
import io
import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "INK", "MARKERS", "RULE", "new_figure", "painting", "png", "style", "svg"]

INK: Final = "#30343b"
SOFT: Final = "#6b7280"
RULE: Final = "#c4c9d1"

# The colours of Okabe and Ito, named by what they stand for; those of a dark page are lighter ones of the same hues.
COLOURS: Final = {
    "auto": "#0072b2",
    "cst": "#d55e00",
    "empirical": "#009e73",
    "20-bin table": "#b07d00",
    "no cancels": "#b5578c",
    "base rate": "#7a7f87",
    "filled": "#0072b1",
    "canceled": "#d55e01",
    "amended": "#009e74",
    "unknown": "#b5578d",
    "alive": "#a9aeb6",
}
MARKERS: Final = {
    "auto": "o",
    "cst": "s",
    "empirical": "^",
    "20-bin table": "D",
    "no cancels": "v",
    "base rate": "X",
}
_DARK: Final = {
    INK: "#e6e9ee",
    SOFT: "#a3adbd",
    RULE: "#454c58",
    "#0072b2": "#5ab4f0",
    "#d55e00": "#ff8a3d",
    "#009e73": "#35cfa0",
    "#b07d00": "#f0b840",
    "#b5578c": "#e79ac5",
    "#7a7f87": "#a9aeb6",
    "#0072b1": "#5ab4f0",
    "#d55e01": "#ff8a3d",
    "#009e74": "#35cfa0",
    "#b5578d": "#e79ac5",
    "#a9aeb6": "#6d747f",
}
_DPI: Final = 160


def style() -> str:
    """The colours as CSS variables, for a light page and for a dark one."""
    light = ";".join(f"{_variable(colour)}:{colour}" for colour in _DARK)
    dark = ";".join(f"{_variable(colour)}:{shade}" for colour, shade in _DARK.items())
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


@contextlib.contextmanager
def painting(**more: str) -> Generator[None]:
    """Within it, all that is drawn looks as it should.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context  # noqa: PLC0415  # an extra, and heavy
    except ImportError as error:
        raise ConfigurationError(
            "charts need matplotlib, which is not installed", hint="pip install 'havklo[research]'"
        ) from error
    with rc_context({**_settings(), **more}):
        yield


def new_figure(columns: int, width: float, height: float, *, rows: int = 1) -> "tuple[Figure, list[Axes]]":
    """A figure with so many charts beside each other, row by row; sizes in inches."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), layout="constrained")
    axes: list[Axes] = [figure.add_subplot(rows, columns, number + 1) for number in range(rows * columns)]
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
        each.set_axisbelow(True)
        each.grid(visible=True, color=RULE, linewidth=0.6, alpha=0.6)
        each.tick_params(length=3)
    return figure, axes


def svg(figure: "Figure", name: str, description: str) -> str:
    """A figure as an SVG element that follows the page's colours and refers to nothing outside itself.

    Args:
        figure: The figure.
        name: A name of its own on the page.
        description: What is to be seen, for whoever can't see it.
    """
    written = io.StringIO()
    with painting(**{"svg.hashsalt": name}):
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    text = written.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", text, count=2)
    for colour in _DARK:
        text = text.replace(colour, f"var({_variable(colour)})")
    said = description.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("<svg", f'<svg role="img" aria-label="{said}"', 1).strip()


def png(figure: "Figure") -> bytes:
    """A figure as a PNG on white ground."""
    written = io.BytesIO()
    with painting():
        figure.savefig(written, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    return written.getvalue()


def _variable(colour: str) -> str:
    return f"--c{colour[1:]}"


def _settings() -> dict[str, Any]:
    return {
        "font.family": "sans-serif",
        "font.size": 9.5,
        "svg.fonttype": "none",
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": SOFT,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.titlecolor": INK,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.6,
    }
