"""The built apps as files: a fixed catalogue, so that no address leads anywhere else."""

import re
from pathlib import Path
from typing import Final, NamedTuple, final

from aiohttp import web

from havklo.errors import ConfigurationError

__all__ = ["APPS", "Apps", "File", "policy"]

APPS: Final = Path(__file__).parent / "apps"
"""Where `make web` puts them."""

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_PACKED: Final = (".br", ".gz")
_HASHED: Final = re.compile(r".*/assets/.*-[A-Za-z0-9_-]{8}\.\w+")
_KRAKEN: Final = ("ws", "ws-auth", "ws-l3", "futures")


class File(NamedTuple):
    """One file of an app.

    Attributes:
        path: Where it is; what a browser takes compressed lies beside it as `.br` and `.gz`.
        content_type: What it is.
        cache: How long a browser may keep it: for ever where the name changes with the content.
        is_page: Whether it is a page, which is opened, rather than a part of one.
    """

    path: Path
    content_type: str
    cache: str
    is_page: bool

    def response(self) -> web.FileResponse:
        """Send it, compressed if the browser takes that."""
        headers = {"Content-Type": self.content_type, "Cache-Control": self.cache, "Vary": "Accept-Encoding"}
        return web.FileResponse(self.path, headers=headers)


@final
class Apps:
    """All files of the apps by their address.

    Args:
        folder: Where they were built.

    Attributes:
        names: The apps: folders with a page.

    Raises:
        ConfigurationError: They were not built.
    """

    def __init__(self, folder: Path = APPS) -> None:
        if not (folder / "index.html").is_file():
            raise ConfigurationError("the browser apps are not built", hint="make web builds them, with node 20")
        self._files = {_address(folder, path): _file(folder, path) for path in _files(folder)}
        self.names: tuple[str, ...] = tuple(
            sorted(path.name for path in folder.iterdir() if (path / "index.html").is_file())
        )

    def __repr__(self) -> str:
        return f"<Apps {', '.join(self.names)}, {len(self._files)} files>"

    def find(self, address: str) -> File | None:
        """The file at an address, if there is one."""
        return self._files.get(address)


def policy(host: str) -> str:
    """What pages of this host may load, and whom they may talk to: the gateway and Kraken, and nobody else.

    `'self'` means the WebSockets of this host to new browsers only, so they are named.
    """
    kraken = " ".join(f"wss://{name}.kraken.com" for name in _KRAKEN)
    return (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
        f"worker-src 'self'; connect-src 'self' ws://{host} {kraken}; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix not in _PACKED
    ]


def _address(folder: Path, path: Path) -> str:
    """A page's address is its folder's."""
    address = f"/{path.relative_to(folder).as_posix()}"
    return address.removesuffix("index.html") if path.name == "index.html" else address


def _file(folder: Path, path: Path) -> File:
    hashed = _HASHED.fullmatch(f"/{path.relative_to(folder).as_posix()}")
    return File(
        path=path,
        content_type=_TYPES.get(path.suffix, "application/octet-stream"),
        cache="public, max-age=31536000, immutable" if hashed else "no-cache",
        is_page=path.suffix == ".html",
    )
