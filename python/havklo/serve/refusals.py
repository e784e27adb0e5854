"""How the gateway says no: one sentence and one hint, as JSON for programs and as a page for people."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Final, final

import msgspec
from aiohttp import web

from havklo.errors import ConfigurationError, CredentialsError, Disconnected, HavkloError

__all__ = ["Refused", "answer", "told"]

_STATUS: Final[Mapping[type[HavkloError], int]] = {
    ConfigurationError: 400,
    CredentialsError: 501,
    Disconnected: 502,
}
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Havklo</title></head>
<body><h1>{title}</h1><p>{message}</p><p>{hint}</p></body>
</html>
"""


@final
class Refused(HavkloError):
    """A request that the gateway does not answer.

    Attributes:
        status: The HTTP status that says so.
    """

    def __init__(self, status: int, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def told(error: HavkloError) -> dict[str, str | None]:
    """An error as it is told to a page."""
    return {"error": error.message, "hint": error.hint, "kind": type(error).__name__}


def answer(error: HavkloError, request: web.Request) -> web.Response:
    """Turn an error into a response: a page where a browser opens one, JSON for everybody else."""
    status = error.status if isinstance(error, Refused) else _STATUS.get(type(error), 502)
    headers = {"Cache-Control": "no-store"}
    if "text/html" not in request.headers.get("Accept", ""):
        body = msgspec.json.encode(told(error))
        return web.Response(status=status, body=body, content_type="application/json", headers=headers)
    page = _PAGE.format(
        title=escape(HTTPStatus(status).phrase), message=escape(error.message), hint=escape(error.hint or "")
    )
    return web.Response(status=status, text=page, content_type="text/html", headers=headers)
