"""A server that is never the slow one: prebuilt WebSocket frames over loopback, on a core of its own.

Run as `python -m figures.loopback_server MESSAGES [STAMPS]`; it prints its port. A path of `/COUNT/once/...` gives
COUNT updates and then closes; `/COUNT/stay/...` leaves the connection to the client; `/COUNT/paced/...` gives 5,000
updates a second one by one, and then writes into the file STAMPS when it sent each, as 64-bit nanoseconds of the
monotonic clock.
"""

import json
import socket
import sys
from array import array
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from pathlib import Path
from time import monotonic_ns, sleep
from typing import Any

from stream import SYMBOL, Stream, load
from timing import pinned

CORE = 0
DEPTH = 10
RATE = 5_000

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_TIMES = {"time_in": "2026-07-19T17:54:39.614696Z", "time_out": "2026-07-19T17:54:39.614741Z"}
_STATUS = {
    "channel": "status",
    "type": "update",
    "data": [{"version": "2.0.10", "system": "online", "api_version": "v2", "connection_id": 11842399115527282728}],
}


def main() -> None:
    """Serve one client after the other until this process is ended."""
    stream = load(DEPTH, int(sys.argv[1]))

    @cache
    def burst(count: int) -> bytes:
        return b"".join(map(frame, stream.updates[:count]))

    with pinned(CORE), socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    _Session(connection).serve(stream, burst)
                except (ConnectionError, EOFError):
                    continue  # the client has left; the next one is waiting


def frame(payload: bytes, opcode: int = _TEXT) -> bytes:
    """Write one unmasked frame, as a server does."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, size))
    elif size < 1 << 16:
        head = bytes((0x80 | opcode, 126)) + size.to_bytes(2)
    else:
        head = bytes((0x80 | opcode, 127)) + size.to_bytes(8)
    return head + payload


@dataclass
class _Session:
    """One client's connection."""

    connection: socket.socket
    _pending: bytes = b""

    def serve(self, stream: Stream, burst: Any) -> None:
        count, manner = self._handshake()
        updates = burst(count)
        self._send(_STATUS)
        while (request := self._request()) is not None:
            method, params = request.get("method"), request.get("params", {})
            if method == "ping":
                self._send({"method": "pong", "req_id": request.get("req_id"), **_TIMES})
            elif method == "subscribe" and params.get("channel") == "book":
                self._acknowledge(request)
                if manner == "paced":
                    self.connection.sendall(frame(stream.snapshot))
                    self._pace(stream.updates[:count])
                    continue
                self.connection.sendall(frame(stream.snapshot) + updates)
                if manner == "once":
                    self.connection.sendall(frame((1000).to_bytes(2), _CLOSE))
                    self.connection.shutdown(socket.SHUT_WR)
            elif method in {"subscribe", "unsubscribe"}:
                self._acknowledge(request)

    def _pace(self, updates: list[bytes]) -> None:
        """Send one by one, each at its time; a core of its own may wait busily."""
        frames = [frame(update) for update in updates]
        sent = array("q")
        step = 1_000_000_000 // RATE
        sleep(0.05)  # the client is done with the snapshot by then
        due = monotonic_ns()
        for payload in frames:
            due += step
            while monotonic_ns() < due:
                continue
            sent.append(monotonic_ns())
            self.connection.sendall(payload)
        # The last message has just gone out; the client looks at this after it has come.
        Path(sys.argv[2]).write_bytes(sent.tobytes())

    def _acknowledge(self, request: dict[str, Any]) -> None:
        params = request["params"]
        result = {"channel": params["channel"], "symbol": SYMBOL}
        if params["channel"] == "book":
            result |= {"depth": params.get("depth", DEPTH), "snapshot": True}
        answer = {"method": request["method"], "result": result, "success": True, **_TIMES}
        if "req_id" in request:
            answer["req_id"] = request["req_id"]
        self._send(answer)

    def _send(self, message: dict[str, Any]) -> None:
        self.connection.sendall(frame(json.dumps(message, separators=(",", ":")).encode()))

    def _handshake(self) -> tuple[int, str]:
        while b"\r\n\r\n" not in self._pending:
            self._more()
        head, _, self._pending = self._pending.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        accept = b64encode(sha1(headers[b"sec-websocket-key"] + _MAGIC, usedforsecurity=False).digest())
        self.connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        _, count, end, *_ = first.split()[1].decode().split("/")
        return int(count), end

    def _request(self) -> dict[str, Any] | None:
        """Read the client's next text message; None when it says goodbye."""
        while True:
            head = self._take(2)
            opcode, size = head[0] & 0x0F, head[1] & 0x7F
            if size == 126:
                size = int.from_bytes(self._take(2))
            mask = self._take(4)
            payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self._take(size)))
            if opcode == _CLOSE:
                self.connection.sendall(frame(payload[:2], _CLOSE))
                return None
            if opcode == _PING:
                self.connection.sendall(frame(payload, _PONG))
            elif opcode == _TEXT:
                message: dict[str, Any] = json.loads(payload)
                return message

    def _take(self, size: int) -> bytes:
        while len(self._pending) < size:
            self._more()
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def _more(self) -> None:
        received = self.connection.recv(65_536)
        if not received:
            raise EOFError
        self._pending += received


if __name__ == "__main__":
    main()
