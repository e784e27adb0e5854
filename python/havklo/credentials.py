"""An API key with its secret, which signs requests and shows itself to nobody."""

import binascii
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, NoReturn, Self, SupportsIndex, TypeAlias, final

from havklo._protocol.auth import Param, SignedRequest, signed
from havklo._protocol.secret import Secret
from havklo.errors import ConfigurationError, CredentialsError

__all__ = ["Credentials"]

_Password: TypeAlias = Secret | Callable[[], str]

_SHOWN: Final = 4
_SHOWN_OF_AT_LEAST: Final = 16  # four characters are much of a short key, which is none of Kraken's anyway
_LARGEST_FILE: Final = 65_536
_FORM: Final = 'it has the lines key = "..." and secret = "...", and otp = "..." if the key has a password'


class _Parts(NamedTuple):
    """What was found of a key; what is missing, empty or no text is None."""

    key: Secret | None
    secret: Secret | None
    otp: _Password | None
    otp_given: bool = False
    others_given: bool = False


@final
class Credentials:
    """An API key, its secret, and the one-time password that goes with them if the key has one.

    A repr shows the key's first four characters and nothing else. No part of it is an attribute, so no walk over
    fields finds one, nor does a traceback with the frames' variables in it. Two of them are equal if all their parts
    are. They can't be pickled: another process reads its environment or the file itself. A copy is the object itself.

    A traceback also shows the variables of your own program, so `from_env` and `from_file` keep a secret better than
    your variables do.

    Args:
        key: What Kraken's settings call the API key.
        secret: What they call the private key, as base64.
        otp: If the key has a second factor: its password, or a callable that gives the current one. It is called for
            each request, and what it raises passes through.

    Raises:
        CredentialsError: An argument is empty or can't be what it should be; it is not repeated.
    """

    __slots__ = ("__weakref__", "_fingerprint", "_key", "_otp", "_secret")

    _fingerprint: str
    _key: Secret
    _secret: Secret
    _otp: _Password | None

    def __init__(self, key: str, secret: str, *, otp: str | Callable[[], str] | None = None) -> None:
        parts = _Parts(_seal(key), _seal(secret), otp if callable(otp) else _seal(otp), otp is not None)
        # From here on an error can be raised, and this frame's variables become a part of its traceback.
        del key, secret, otp
        self._take(parts, "the arguments")

    @classmethod
    def from_env(cls, prefix: str = "KRAKEN") -> Self:
        """Read `KRAKEN_API_KEY`, `KRAKEN_API_SECRET` and, if it is there, `KRAKEN_API_OTP`.

        Args:
            prefix: What stands before `_API_KEY`.

        Raises:
            CredentialsError: A variable is missing, empty, or can't be what it should be.
        """
        key, secret, otp = (_seal(os.environ.get(f"{prefix}_API_{name}")) for name in ("KEY", "SECRET", "OTP"))
        source = "the environment"
        for name, value in (("KEY", key), ("SECRET", secret)):
            if value is None:
                raise CredentialsError(source, f"{prefix}_API_{name} is not set")
        return cls._of(_Parts(key, secret, otp), source)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Read a TOML file that is yours and that nobody else can read.

            key = "..."
            secret = "..."
            otp = "..."      # only if the key has a password

        It is read at once, so call this before the event loop runs. Written for Windows, too, but untested there:
        nobody looks who else can read the file.

        Raises:
            CredentialsError: The file can't be read, is not yours, can be read or written by others, or is not of
                this form.
        """
        source = os.fspath(path)
        text = _read(source)
        parts = _parse(text)
        if parts is None or parts.others_given:
            problem = "it is not TOML" if parts is None else "it has other fields than key, secret and otp"
            raise CredentialsError(source, problem, hint=_FORM)
        return cls._of(parts, source)

    def __repr__(self) -> str:
        return f"<Credentials {self.label}{' with otp' if self._otp is not None else ''}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return self._key == other._key and self._secret == other._secret and self._otp == other._otp

    def __hash__(self) -> int:
        return hash(self._fingerprint)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise ConfigurationError(
            "credentials can't be pickled", hint="let the other process read its environment or the file itself"
        )

    @property
    def label(self) -> str:
        """What people may see: the key's first four characters."""
        shown = _SHOWN if len(self._key.reveal()) >= _SHOWN_OF_AT_LEAST else 0
        return f"{self._key.reveal()[:shown]}…"

    @property
    def fingerprint(self) -> str:
        """A name for the key that tells nothing about it: 32 digits of a hash."""
        return self._fingerprint

    def sign(self, path: str, nonce: int, params: Mapping[str, Param] | None = None) -> SignedRequest:
        """Sign a request to the REST API.

        Args:
            path: From /0/ on, such as /0/private/GetWebSocketsToken.
            nonce: Higher than all before it.
            params: The form's other fields: text, whole numbers, `Decimal`, or true and false.

        Raises:
            ConfigurationError: A field that can't be.
            CredentialsError: The callable for the one-time password gave no text.
        """
        return signed(self._key, self._secret, path, nonce, params or {}, otp=self._password())

    def _password(self) -> Secret | None:
        if self._otp is None or isinstance(self._otp, Secret):
            return self._otp
        password = _seal(self._otp())
        if password is None:
            raise CredentialsError("the one-time password", "the callable gave no text")
        return password

    @classmethod
    def _of(cls, parts: _Parts, source: str) -> Self:
        self = cls.__new__(cls)
        self._take(parts, source)
        return self

    def _take(self, parts: _Parts, source: str) -> None:
        # If it is refused, a traceback shows this object as it is then.
        self._key, self._secret, self._otp, self._fingerprint = Secret(""), Secret(""), None, ""
        key, secret, otp, otp_given, _ = parts
        if key is None or secret is None:
            raise CredentialsError(source, f"the {'key' if key is None else 'secret'} is missing, empty or no text")
        if otp is None and otp_given:
            raise CredentialsError(source, "the one-time password is empty or no text")
        if not (key.reveal().isascii() and key.reveal().isprintable()) or " " in key.reveal():
            raise CredentialsError(source, "the key has characters that no key has")
        if not _is_base64(secret):
            raise CredentialsError(
                source, "the secret is not base64", hint="copy all of it, with the = signs at its end if there are any"
            )
        self._key, self._secret, self._otp = key, secret, otp
        self._fingerprint = hashlib.sha256(b"havklo " + key.reveal().encode()).hexdigest()[:32]


def _seal(value: object) -> Secret | None:
    """Hide a text, without the white space around it; None for what is empty or no text."""
    return Secret(value.strip()) if isinstance(value, str) and value.strip() else None


def _is_base64(secret: Secret) -> bool:
    # The decoder is asked for its verdict alone: its error would be chained to ours.
    try:
        return bool(binascii.a2b_base64(secret.reveal(), strict_mode=True))
    except ValueError:
        return False


def _read(source: str) -> Secret:
    """Give a file's text if the file is this user's alone."""
    try:
        with open(source, "rb") as file:  # noqa: PTH123  # what is looked at is what has been opened
            _check_owner(os.fstat(file.fileno()), source)
            text = Secret(file.read(_LARGEST_FILE).decode(errors="replace"))
            if file.read(1):
                raise CredentialsError(source, f"it has more than {_LARGEST_FILE} bytes, so it is no key's file")
    except OSError as error:
        raise CredentialsError(source, error.strerror or "it can't be read") from error
    return text


def _check_owner(status: os.stat_result, source: str) -> None:
    if sys.platform == "win32":
        return
    if status.st_uid != os.geteuid():
        raise CredentialsError(source, "it belongs to somebody else", hint="chown it to the user who runs this")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CredentialsError(source, "others can read or write it", hint=f"chmod 600 {source}")


def _parse(text: Secret) -> _Parts | None:
    """Read the file's form; None if it has another. The parser's error would show the text, so it ends here."""
    import tomllib  # noqa: PLC0415  # few programs read such a file, and importing havklo stays light

    try:
        table = tomllib.loads(text.reveal())
    except (ValueError, RecursionError):
        return None
    key, secret, otp = (_seal(table.get(name)) for name in ("key", "secret", "otp"))
    return _Parts(key, secret, otp, "otp" in table, bool(table.keys() - {"key", "secret", "otp"}))
