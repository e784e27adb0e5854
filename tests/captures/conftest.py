"""Real captures, from the folder that $HAVKLO_CAPTURES names."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder with the captures."""
    folder = os.environ.get("HAVKLO_CAPTURES")
    if not folder:
        pytest.skip("HAVKLO_CAPTURES names no folder with captures")
    return Path(folder)
