"""The public names: all of them work, and importing them is cheap."""

import importlib
import subprocess
import sys

import pytest

import havklo

MODULES = (
    "havklo",
    "havklo.channels",
    "havklo.clock",
    "havklo.errors",
    "havklo.events",
    "havklo.orders",
    "havklo.sync",
)


@pytest.mark.parametrize("name", MODULES)
def test_all_names_are_there(name: str) -> None:
    """Whatever `__all__` promises can be had, and nothing is promised twice."""
    module = importlib.import_module(name)
    assert len(set(module.__all__)) == len(module.__all__)
    for each in module.__all__:
        assert getattr(module, each) is not None, each
    assert set(module.__all__) <= set(dir(module))


def test_no_other_names() -> None:
    """A name that is not there is an ordinary AttributeError."""
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = havklo.Nonsense
    assert havklo.__version__.count(".") == 2


def test_the_root_of_all_errors() -> None:
    """Every error is a HavkloError, and those that everyone meets are among the package's own names."""
    errors = {name: getattr(havklo.errors, name) for name in havklo.errors.__all__}
    assert len(errors) > 10
    assert all(issubclass(error, havklo.HavkloError) for error in errors.values())
    shown = {
        name for name in havklo.__all__ if isinstance(value := getattr(havklo, name), type) and value in errors.values()
    }
    assert {"BookNotLive", "Disconnected", "SlowConsumer", "SubscribeTimeout", "SubscriptionError"} <= shown
    assert all(getattr(havklo, name) is errors[name] for name in shown)


def test_import_is_light() -> None:
    """Importing the package loads no sockets, no arrays, no web server and no terminal."""
    heavy = ("numpy", "picows", "aiohttp", "rich", "cyclopts", "uvloop", "havklo.sim", "havklo.sync", "havklo.orders")
    code = f"import sys, havklo; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(  # noqa: S603  # its own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
