"""The package's public names: all there, all documented, and light to import."""

import subprocess
import sys
from dataclasses import is_dataclass
from inspect import getdoc, isclass, isfunction, signature
from typing import Any

import msgspec
import pytest

from havklo import analytics
from havklo.analytics import Metric

PUBLIC = [
    name for name in analytics.__all__ if isclass(getattr(analytics, name)) or isfunction(getattr(analytics, name))
]


def test_names_are_there_once() -> None:
    """And are listed for tools."""
    assert len(set(analytics.__all__)) == len(analytics.__all__)
    for name in analytics.__all__:
        assert getattr(analytics, name) is not None, name


@pytest.mark.parametrize("name", PUBLIC)
def test_it_says_what_it_takes_and_has(name: str) -> None:
    """Each argument and each field is explained."""
    value: Any = getattr(analytics, name)
    text = getdoc(value) or ""
    assert text
    names: list[str] = []
    if isfunction(value) or (isclass(value) and issubclass(value, Metric)):
        names = [each for each in signature(value).parameters if each not in ("args", "kwargs")]
    elif isclass(value) and issubclass(value, msgspec.Struct):
        names = list(value.__struct_fields__)
    assert not is_dataclass(value)
    for each in names:
        assert f"{each}:" in text, each


def test_importing_is_light() -> None:
    """Arrays come with numpy when a function over arrays is called."""
    code = "import sys, havklo.analytics; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"numpy", "aiohttp", "rich", "cyclopts", "uvloop", "picows"} & set(done.stdout.split())


def test_a_metric_tells_what_it_is() -> None:
    """Its repr names its symbol and its clock."""
    assert repr(analytics.OrderFlowImbalance("BTC/USD")) == "<OrderFlowImbalance of BTC/USD on the exchange clock>"
