"""Nonces that rise strictly over all tasks, threads and processes of a user that share an API key."""

import asyncio
import contextlib
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, final

from havklo._protocol.auth import NONCE_MAX, next_nonce

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Nonces", "state_folder"]

_PATIENCE: Final = 2.0
_PAUSE: Final = 0.001
_CONTENT: Final = re.compile(rb"([0-9]{20})\n")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | (os.O_BINARY if sys.platform == "win32" else os.O_NOFOLLOW)

_logger = logging.getLogger("havklo.nonces")
_lock = threading.Lock()
_latest: dict[str, int] = {}


@final
class Nonces:
    """Gives nonces: the nanoseconds since 1970, or one more than the last nonce if the clock is not above it.

    The last nonce of each key stands in a file of the user's state folder, mode 600, whose name is the key's
    fingerprint. The file is locked while the next one is taken, which is some ten microseconds, so no two processes
    take the same. `next` does it in a thread: a disk that is slow, or a process that was stopped with the lock in its
    hands, holds up no event loop.

    If the folder can't be written, or the lock does not come free within two seconds, this object goes on without
    the file and says so in one warning: its nonces still rise strictly over the process, and over other processes as
    far as the machine's clock does. What then collides, Kraken refuses as an invalid nonce, and `Rest` makes the
    request once more.

    Args:
        folder: Where the files are; None: `state_folder()`.
        wall_ns: Gives nanoseconds since 1970.
        patience: For how many seconds to wait for the lock.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        patience: float = _PATIENCE,
    ) -> None:
        self._folder = folder
        self._wall_ns = wall_ns
        self._patience = patience
        self._alone = False

    def __repr__(self) -> str:
        return f"<Nonces {'of this process alone' if self._alone else 'shared by processes'}>"

    async def next(self, fingerprint: str) -> int:
        """Give the next nonce of a key; may be cancelled at any time, a nonce is then left out."""
        return await asyncio.to_thread(self.take, fingerprint)

    def take(self, fingerprint: str) -> int:
        """Give the next nonce of a key; `next` is for event loops, as this opens a file and may wait for its lock.

        Args:
            fingerprint: Names the key, see `Credentials.fingerprint`.
        """
        with _lock:
            last = _latest.get(fingerprint, 0)
            nonce = None if self._alone else self._take_shared(fingerprint, last)
            if nonce is None:
                nonce = next_nonce(self._wall_ns(), last)
            _latest[fingerprint] = nonce
            return nonce

    def _take_shared(self, fingerprint: str, last: int) -> int | None:
        try:
            path = (self._folder or state_folder()) / f"{fingerprint}.nonce"
            with _locked(path, self._patience) as file:
                nonce = next_nonce(self._wall_ns(), max(last, _read(file)))
                _write(file, nonce)
        except OSError as error:
            self._alone = True
            _logger.warning(
                "nonces can't be shared with other processes: %s; give each process an API key of its own",
                error,
            )
            return None
        return nonce


def state_folder() -> Path:
    """Give the folder for what outlasts a process: $XDG_STATE_HOME/havklo, or ~/.local/state/havklo.

    On Windows, where nobody has tried it yet, it is %LOCALAPPDATA%/havklo.

    Raises:
        FileNotFoundError: The user has no home.
    """
    windows = sys.platform == "win32"
    given = Path(os.environ.get("LOCALAPPDATA" if windows else "XDG_STATE_HOME", ""))
    # The XDG specification wants a relative path to be ignored.
    if not given.is_absolute():
        try:
            given = Path.home() / ("AppData/Local" if windows else ".local/state")
        except RuntimeError as error:
            raise FileNotFoundError("the user has no home folder") from error
    return given / "havklo"


@contextlib.contextmanager
def _locked(path: Path, patience: float) -> Generator[int]:
    """Open a file and have it alone; if this process dies, the operating system gives it back.

    It is opened anew each time: a file that stays open would be shared, together with its lock, by forked processes.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, _FLAGS, 0o600)
    try:
        end = time.monotonic() + patience
        while not _try_lock(file):
            if time.monotonic() >= end:
                raise TimeoutError(f"{path} has been locked by another process for {patience:g} s")
            time.sleep(_PAUSE)
        try:
            yield file
        finally:
            _unlock(file)
    finally:
        os.close(file)


if sys.platform == "win32":

    def _try_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


def _read(file: int) -> int:
    """Give the nonce that stands in a file, 0 if there is none."""
    content = os.read(file, 64)
    found = _CONTENT.fullmatch(content)
    nonce = int(found[1]) if found else 0
    if nonce >= NONCE_MAX or (content and not found):
        _logger.warning("a file of nonces was damaged: they begin anew with the clock")
        return 0
    return nonce


def _write(file: int, nonce: int) -> None:
    """Put a nonce in place of the one before. It always has the same length, so nothing is ever cut off."""
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, b"%020d\n" % nonce)
    os.ftruncate(file, 21)
