"""Idempotency keys that outlive the process: what was sent under each, written down before it is sent."""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias, final

import msgspec

from havklo._rest.nonces import state_folder
from havklo.errors import ConfigurationError
from havklo.events import Fill, OrderState

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Ended", "KeyFile", "Placed", "Released", "key_file"]

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | (os.O_BINARY if sys.platform == "win32" else os.O_NOFOLLOW)
_PIECE: Final = 1 << 20
_logger = logging.getLogger("havklo.orders")


@final
class Placed(msgspec.Struct, frozen=True, kw_only=True, tag="placed"):
    """An order that is about to be sent.

    Attributes:
        key: The user's key.
        cl_ord_id: The name that it is sent with.
        sent: When, in nanoseconds since 1970.
        deadline: When it can't be accepted any more, clocks' error included; likewise.
        request: What is asked for, as `wire.record` writes it.
    """

    key: str
    cl_ord_id: str
    sent: int
    deadline: int
    request: msgspec.Raw


@final
class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """An order that is over, and all that came of it.

    Attributes:
        key: The user's key.
        order_id: Kraken's id; None of one that was never accepted.
        state: How it ended.
        reason: Why.
        order_qty: All of it, in the end.
        limit_price: Its limit, in the end.
        cum_qty: What was filled.
        cum_cost: What that cost.
        fills: Its fills.
        totals: Its fees, where single fills could not be had.
        opened: When it was accepted.
    """

    key: str
    order_id: str | None
    state: OrderState
    reason: str = ""
    order_qty: Decimal | None = None
    limit_price: Decimal | None = None
    cum_qty: Decimal = Decimal(0)
    cum_cost: Decimal = Decimal(0)
    fills: tuple[Fill, ...] = ()
    totals: Mapping[str, Decimal] | None = None
    opened: str = ""


@final
class Released(msgspec.Struct, frozen=True, kw_only=True, tag="released"):
    """Nothing was sent under a key after all: it is free again."""

    key: str


Line: TypeAlias = Placed | Ended | Released
_LINE: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)
_ENCODER: Final = msgspec.json.Encoder()


@final
class KeyFile:
    """A file of keys, one line for what was placed and one for what ended; only ever appended to.

    A line stands on the disk before `claim` returns, so what was sent is in the file whatever happens to the process
    or the machine. Several processes may share a file: each claims under its lock, and reads what the others have
    written. All methods may wait for the disk: call them in a thread.

    Args:
        path: The file, of mode 600; it is made if it is not there, and its folder, too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._known: dict[str, tuple[Placed, Ended | None]] = {}
        self._torn = False
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return f"<KeyFile {self._path}>"

    def claim(self, key: str, make: Callable[[], Placed]) -> tuple[Placed, Ended | None, bool]:
        """Take a key, or find what it stands for.

        Args:
            key: The key.
            make: Makes the line for it, if it is new.

        Returns:
            What was placed under it, how that ended if it has, and whether the key is new.

        Raises:
            ConfigurationError: The file can't be read or written, so nothing may be sent.
        """
        try:
            with self._turn, _locked(self._path) as file:
                self._catch_up(file)
                known = self._known.get(key)
                if known is not None:
                    return (*known, False)
                placed = make()
                self._append(file, placed)
                os.fsync(file)
                self._known[key] = placed, None
        except OSError as error:
            raise _unusable(error) from error
        return placed, None, True

    def find(self, key: str) -> tuple[Placed, Ended | None] | None:
        """What a key stands for, or None.

        Raises:
            ConfigurationError: The file can't be read.
        """
        try:
            with self._turn, _locked(self._path) as file:
                self._catch_up(file)
                return self._known.get(key)
        except OSError as error:
            raise _unusable(error) from error

    def release(self, key: str) -> None:
        """Note that nothing was sent under a key.

        Raises:
            ConfigurationError: The file can't be written.
        """
        try:
            with self._turn, _locked(self._path) as file:
                self._catch_up(file)
                self._append(file, Released(key=key))
                self._known.pop(key, None)
        except OSError as error:
            raise _unusable(error) from error

    def end(self, ended: Ended) -> None:
        """Note how the order of a key has ended; if that can't be written, it is looked up again next time."""
        try:
            with self._turn, _locked(self._path) as file:
                self._catch_up(file)
                known = self._known.get(ended.key)
                if known is not None and known[1] is None:
                    self._append(file, ended)
                    self._known[ended.key] = known[0], ended
        except OSError as error:
            _logger.warning("the end of an order can't be noted in %s: %s", self._path, error)

    def _append(self, file: int, line: Line) -> None:
        data = _ENCODER.encode(line) + b"\n"
        if self._torn:
            data = b"\n" + data
            self._torn = False
        written = os.write(file, data)
        self._read += written
        if written < len(data):
            self._torn = True
            raise OSError("the disk is full")

    def _catch_up(self, file: int) -> None:
        """Read what is new in the file; a line without an end was never finished, and stands for nothing."""
        data = bytearray()
        while piece := os.pread(file, _PIECE, self._read + len(data)):
            data += piece
        whole, newline, rest = bytes(data).rpartition(b"\n")
        self._read += len(data)
        self._torn = bool(rest) or (self._torn and not data)
        for text in whole.split(b"\n") if newline else ():
            self._learn(text)

    def _learn(self, text: bytes) -> None:
        if not text:
            return
        try:
            line = _LINE.decode(text)
        except msgspec.DecodeError:
            _logger.warning("a line of %s can't be read", self._path)
            return
        if isinstance(line, Placed):
            # A copy: the field would keep all that was read with it.
            kept = msgspec.structs.replace(line, request=line.request.copy())
            self._known.setdefault(line.key, (kept, None))
        elif isinstance(line, Released):
            self._known.pop(line.key, None)
        elif line.key in self._known:
            self._known[line.key] = self._known[line.key][0], line


def key_file(path: Path | None, fingerprint: str) -> KeyFile:
    """The file of an API key's idempotency keys.

    Args:
        path: Where it is; None: in the user's state folder.
        fingerprint: Names the API key.

    Raises:
        ConfigurationError: The user has no home, and no file was named.
    """
    if path is not None:
        return KeyFile(path)
    try:
        return KeyFile(state_folder() / f"{fingerprint}.orders")
    except FileNotFoundError as error:
        raise ConfigurationError(f"{error}", hint="order_keys= names a file") from error


def _unusable(error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the file of order keys can't be used: {error}", hint="nothing was sent; order_keys= names another one"
    )


@contextlib.contextmanager
def _locked(path: Path) -> Generator[int]:
    """Open a file and have it alone, for as long as that takes; a process that dies gives it back."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, _FLAGS, 0o600)
    try:
        _lock(file)
        try:
            yield file
        finally:
            _unlock(file)
    finally:
        os.close(file)


if sys.platform == "win32":

    def _lock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)

    def _unlock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
