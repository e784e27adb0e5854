"""Nonces that rise strictly: over tasks, threads and real processes, with a clock that stands, and without a file."""

import asyncio
import fcntl
import logging
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

from havklo._protocol.auth import NONCE_MAX
from havklo._rest import nonces as module
from havklo._rest.nonces import Nonces, state_folder

WORKER = """
import sys
from pathlib import Path
from havklo._rest.nonces import Nonces

# A clock that stands: then every nonce comes from the file, and one taken twice or left out would show.
nonces = Nonces(Path(sys.argv[1]), wall_ns=lambda: 1_000, patience=60)
sys.stdin.readline()
print(*(nonces.take(sys.argv[2]) for _ in range(int(sys.argv[3]))))
"""


@pytest.fixture
def key() -> str:
    """A fingerprint that no other test has."""
    return uuid.uuid4().hex


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "state" / "havklo"


def test_several_processes(folder: Path, key: str) -> None:
    """Each takes its nonces in rising order, and together they take every number once."""
    count, each = 5, 300
    command = [sys.executable, "-c", WORKER, str(folder), key, str(each)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  # this Python
        for _ in range(count)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    rows = [[int(text) for text in worker.communicate(timeout=100)[0].split()] for worker in workers]
    for row in rows:
        assert len(row) == each
        assert row == sorted(set(row))
    assert sorted(nonce for row in rows for nonce in row) == list(range(1_000, 1_000 + count * each))
    assert (folder / f"{key}.nonce").read_text() == f"{1_000 + count * each - 1:020}\n"


async def test_tasks(folder: Path, key: str) -> None:
    """Two objects for one key, and many tasks: no nonce twice, and the event loop never waits for the file."""
    one, other = (Nonces(folder, wall_ns=lambda: 1_000) for _ in range(2))
    taken = await asyncio.gather(*(nonces.next(key) for _ in range(100) for nonces in (one, other)))
    assert sorted(taken) == list(range(1_000, 1_200))


def test_threads(folder: Path, key: str) -> None:
    """The same from threads."""
    nonces, rows = Nonces(folder, wall_ns=lambda: 1_000), [[], [], [], []]  # type: ignore[var-annotated]
    threads = [
        threading.Thread(target=lambda row=row: row.extend(nonces.take(key) for _ in range(100))) for row in rows
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(nonce for row in rows for nonce in row) == list(range(1_000, 1_400))
    assert all(row == sorted(row) for row in rows)


def test_the_clock(folder: Path, key: str) -> None:
    """A nonce is the time; when the clock is set back, it goes on from the last one."""
    times = iter([5_000, 7_000, 6_000, 6_500, 9_000])
    nonces = Nonces(folder, wall_ns=lambda: next(times))
    assert [nonces.take(key) for _ in range(5)] == [5_000, 7_000, 7_001, 7_002, 9_000]
    assert repr(nonces) == "<Nonces shared by processes>"


def test_it_is_the_time_of_now(folder: Path, key: str) -> None:
    """In nanoseconds, above what any program has used that counts in something coarser; and it has 64 bits."""
    nonce = Nonces(folder).take(key)
    assert 1_700_000_000_000_000_000 < nonce < NONCE_MAX


def test_keys_do_not_share(folder: Path, key: str) -> None:
    """Each has its own row."""
    nonces = Nonces(folder, wall_ns=lambda: 1_000)
    assert [nonces.take(key), nonces.take(key), nonces.take(key + "2")] == [1_000, 1_001, 1_000]


def test_the_file(folder: Path, key: str) -> None:
    """It is this user's alone, in a folder that is, too, and says which key it belongs to only to who knows the key."""
    Nonces(folder).take(key)
    assert [path.name for path in folder.iterdir()] == [f"{key}.nonce"]
    assert (folder / f"{key}.nonce").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"nonsense", b"\xff\xfe", b"7", b"%020d\n" % 2**64, b"%020d\nmore" % 7])
def test_a_damaged_file(folder: Path, key: str, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """It says so and goes on from the clock, and the file is whole again."""
    folder.mkdir(parents=True)
    path = folder / f"{key}.nonce"
    path.write_bytes(content)
    nonces = Nonces(folder, wall_ns=lambda: 1_000)
    assert [nonces.take(key), nonces.take(key)] == [1_000, 1_001]
    assert caplog.messages == ["a file of nonces was damaged: they begin anew with the clock"]
    assert path.read_bytes() == b"%020d\n" % 1_001


def test_a_folder_that_can_not_be(tmp_path: Path, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """The process goes on alone, with one warning; its nonces still rise over all its objects."""
    (tmp_path / "file").write_text("")
    alone, other = (Nonces(tmp_path / "file" / "havklo", wall_ns=lambda: 1_000) for _ in range(2))
    assert [nonces.take(key) for nonces in (alone, alone, other, alone, other)] == [1_000, 1_001, 1_002, 1_003, 1_004]
    assert repr(alone) == "<Nonces of this process alone>"
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.WARNING]
    assert "can't be shared with other processes" in caplog.messages[0]
    assert "Not a directory" in caplog.messages[0]


def test_a_link_in_its_place(folder: Path, key: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is written through a link: where it leads to is somebody else's choice."""
    folder.mkdir(parents=True)
    (tmp_path / "precious").write_text("data")
    (folder / f"{key}.nonce").symlink_to(tmp_path / "precious")
    assert Nonces(folder, wall_ns=lambda: 1_000).take(key) == 1_000
    assert (tmp_path / "precious").read_text() == "data"
    assert len(caplog.messages) == 1


def test_a_lock_that_does_not_come_free(folder: Path, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is not waited for forever."""
    assert Nonces(folder, wall_ns=lambda: 1_000).take(key) == 1_000
    file = os.open(folder / f"{key}.nonce", os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = Nonces(folder, wall_ns=lambda: 1_000, patience=0)
        assert [waiting.take(key), waiting.take(key)] == [1_001, 1_002]
    finally:
        os.close(file)
    assert len(caplog.messages) == 1
    assert "has been locked by another process for 0 s" in caplog.messages[0]


def test_a_lock_that_comes_free(folder: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nonce after the other process's is taken."""
    assert Nonces(folder, wall_ns=lambda: 1_000).take(key) == 1_000
    file = os.open(folder / f"{key}.nonce", os.O_RDWR)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            os.write(file, b"%020d\n" % 5_000)
            os.close(file)

    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=pause, monotonic=lambda: 0.0))
    fcntl.flock(file, fcntl.LOCK_EX)
    assert Nonces(folder, wall_ns=lambda: 1_000).take(key) == 5_001
    assert len(pauses) == 3


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the XDG specification says, which wants a relative path to be ignored."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert state_folder() == tmp_path / ".local" / "state" / "havklo"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == tmp_path / ".local" / "state" / "havklo"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_folder() == tmp_path / "xdg" / "havklo"


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """Some containers have one: the process goes on alone."""

    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert Nonces(wall_ns=lambda: 1_000).take(key) == 1_000
    assert "the user has no home folder" in caplog.messages[0]
