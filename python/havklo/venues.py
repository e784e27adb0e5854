"""Venues: everything that differs between live Kraken, a simulator and a replay."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Literal, Self, final

from havklo.clock import Clock, SystemClock
from havklo.errors import ConfigurationError, EndpointUnavailable

if TYPE_CHECKING:
    from havklo._transport import Handler, Transport

__all__ = ["LIVE", "KrakenVenue", "Role", "UrlVenue", "Venue"]

Role = Literal["public", "private", "level3", "futures", "rest"]


class Venue(ABC):
    """Where a client connects to, and whose time it follows.

    A venue is an async context manager; a client enters it, so that a venue which has to be started, such as
    a simulator, starts and ends with its client. Subclasses give `name` and `endpoints`; those that are no
    network at all replace `open`.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The venue's name for people: "live", "sim", or a URL."""

    @property
    @abstractmethod
    def endpoints(self) -> Mapping[Role, str]:
        """The URL of each role that the venue offers."""

    @property
    def clock(self) -> Clock:
        """The time that timeouts, timers and receive stamps follow."""
        return _SYSTEM_CLOCK

    async def open(self, role: Role, handler: "Handler") -> "Transport":
        """Open a connection and deliver its messages to `handler`.

        Raises:
            EndpointUnavailable: The venue does not offer this role.
            Disconnected: The peer can't be reached.
        """
        url = self.endpoint(role)
        # picows is loaded when the first socket is opened: importing havklo stays light.
        from havklo._transport.websocket import connect  # noqa: PLC0415

        return await connect(url, handler, self.clock)

    @final
    def endpoint(self, role: Role) -> str:
        """Give the URL of a role.

        Raises:
            EndpointUnavailable: The venue does not offer this role.
        """
        try:
            return self.endpoints[role]
        except KeyError:
            raise EndpointUnavailable(role, self.name) from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


_SYSTEM_CLOCK = SystemClock()


@final
class KrakenVenue(Venue):
    """Kraken itself; `LIVE` is the one instance that is needed."""

    _ENDPOINTS: Mapping[Role, str] = MappingProxyType(
        {
            "public": "wss://ws.kraken.com/v2",
            "private": "wss://ws-auth.kraken.com/v2",
            "level3": "wss://ws-l3.kraken.com/v2",
            "futures": "wss://futures.kraken.com/ws/v1",
            "rest": "https://api.kraken.com",
        }
    )

    @property
    def name(self) -> str:
        """The name "live"."""
        return "live"

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """Kraken's public addresses."""
        return self._ENDPOINTS


@final
class UrlVenue(Venue):
    """A bare URL: a public endpoint, and all the others if Havklo's simulator is behind it.

    When another endpoint is first needed, the server of a `ws://` address is asked which software it is: its HTTP
    answers name it in the header `Server`. The simulator serves everything on one port. Whatever answers otherwise has
    a public endpoint only.

    Your API key is then used at that address: let it be one of the simulator's, which opens nothing else.

    Args:
        url: A `ws://` or `wss://` address, such as `ws://127.0.0.1:8900/v2`.

    Raises:
        ConfigurationError: The URL is not a WebSocket's.
    """

    def __init__(self, url: str) -> None:
        scheme, separator, rest = url.partition("://")
        if scheme not in ("ws", "wss") or not separator or rest[:1] in ("", "/", ":", "?", "#"):
            raise ConfigurationError(f"{url!r} is no WebSocket address", hint="it looks like ws://127.0.0.1:8900/v2")
        self._url = url
        self._endpoints: dict[Role, str] = {"public": url}
        self._host = rest.partition("/")[0]
        self._known = scheme == "wss"  # the simulator has no TLS

    @property
    def name(self) -> str:
        """The URL."""
        return self._url

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """The URL as the public endpoint, and what else was found."""
        return MappingProxyType(self._endpoints)

    @property
    def unknown(self) -> str | None:
        """The address of the REST interface that may say what else is here; None once that is known."""
        return None if self._known else f"http://{self._host}"

    def learn(self, *, is_simulator: bool) -> None:
        """Take note of what is behind the URL."""
        self._known = True
        if is_simulator:
            ws = f"ws://{self._host}/v2"
            rest = f"http://{self._host}"
            self._endpoints |= {"private": f"{ws}/private", "level3": f"{ws}/level3", "rest": rest}


LIVE = KrakenVenue()
