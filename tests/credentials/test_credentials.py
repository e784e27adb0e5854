"""Where credentials come from, what is refused, and that nothing of it ever repeats what was given."""

import copy
import dataclasses
import os
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from havklo.credentials import Credentials
from havklo.errors import ConfigurationError, CredentialsError

KEY = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdEfGhIjKlMnOpQr"
SECRET = b64encode(b"nobody may ever see this text, whatever happens to it, never").decode()
OTP = "three-blind-mice"
PATH = "/0/private/Balance"


def everything_about(error: BaseException) -> str:
    """All that a tool which reports errors would write, with the variables of every frame but this file's own."""
    told = [repr(error), str(error), repr(vars(error))]
    link: BaseException | None = error
    while link is not None:
        while link.__traceback__ is not None and link.__traceback__.tb_frame.f_code.co_filename == __file__:
            link.__traceback__ = link.__traceback__.tb_next
        link = link.__cause__ or link.__context__
    told += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    return "\n".join(told)


def refused(attempt: Callable[[], object], *hidden: str) -> CredentialsError:
    """The error that an attempt ends with, in which none of these texts occurs."""
    with pytest.raises(CredentialsError) as caught:
        attempt()
    told = everything_about(caught.value)
    assert "credentials.py" in told, "the package's own frames have to be among those that were looked at"
    for text in hidden:
        assert text not in told
    return caught.value


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    """A file with this text and mode."""
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture(params=["arguments", "environment", "file"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Credentials]:
    """Makes credentials in each of the three ways."""

    def of_environment(key: str, secret: str, otp: str | None = None) -> Credentials:
        for name, value in (("KEY", key), ("SECRET", secret), ("OTP", otp)):
            if value is not None:
                monkeypatch.setenv(f"KRAKEN_API_{name}", value)
        return Credentials.from_env()

    def of_file(key: str, secret: str, otp: str | None = None) -> Credentials:
        lines = [f'key = "{key}"', f'secret = "{secret}"', *([] if otp is None else [f'otp = "{otp}"'])]
        return Credentials.from_file(written(tmp_path / "kraken.toml", "\n".join(lines)))

    def of_arguments(key: str, secret: str, otp: str | None = None) -> Credentials:
        return Credentials(key, secret, otp=otp)

    return {"arguments": of_arguments, "environment": of_environment, "file": of_file}[request.param]


def test_they_sign(make: Callable[..., Credentials]) -> None:
    """Wherever they come from, a request carries the key, the signature and, if there is one, the password."""
    request = make(KEY, SECRET).sign(PATH, 7, {"asset": "BTC"})
    assert request.headers()["API-Key"] == KEY
    assert request.body() == b"nonce=7&asset=BTC"
    assert make(KEY, SECRET, OTP).sign(PATH, 8).body() == f"nonce=8&otp={OTP}".encode()


def test_white_space_around_is_not_theirs(make: Callable[..., Credentials]) -> None:
    """What is copied from a page often brings some."""
    assert make(f" {KEY} ", f"{SECRET}  ") == Credentials(KEY, SECRET)


@pytest.mark.parametrize(
    ("key", "secret", "problem"),
    [
        (KEY, "this is not base64!", "the secret is not base64"),
        (KEY, SECRET[:-2], "the secret is not base64"),
        (KEY, f"{SECRET[:20]}é{SECRET[20:]}", "the secret is not base64"),
        (f"{KEY[:20]} {KEY[20:]}", SECRET, "the key has characters that no key has"),
        (f"{KEY[:20]}é{KEY[20:]}", SECRET, "the key has characters that no key has"),
    ],
)
def test_what_can_not_be(make: Callable[..., Credentials], key: str, secret: str, problem: str) -> None:
    """It is refused at once, and not repeated."""
    error = refused(lambda: make(key, secret, OTP), key, secret, KEY[:20], SECRET[:20], OTP)
    assert problem in str(error)


@pytest.mark.parametrize("empty", ["", "   "])
def test_what_is_empty(make: Callable[..., Credentials], empty: str) -> None:
    """It is refused, too."""
    for key, secret, name in ((empty, SECRET, "key"), (KEY, empty, "secret")):
        problem = str(refused(lambda key=key, secret=secret: make(key, secret), SECRET, KEY))
        assert f"the {name} is missing" in problem or f"{name.upper()} is not set" in problem


def test_a_line_break_in_a_key() -> None:
    """A key that could add a header to a request is none."""
    refused(lambda: Credentials(f"{KEY}\r\nHost: evil", SECRET), KEY, SECRET)


def test_arguments_that_are_no_text() -> None:
    """Untyped programs hand in None."""
    values: list[Any] = [None, 7, b"bytes"]
    for value in values:
        assert "the key is missing" in str(refused(lambda value=value: Credentials(value, SECRET), SECRET))
        assert "the secret is missing" in str(refused(lambda value=value: Credentials(KEY, value), KEY))
    assert "password" in str(refused(lambda: Credentials(KEY, SECRET, otp=values[1]), KEY, SECRET))
    assert "password" in str(refused(lambda: Credentials(KEY, SECRET, otp=""), KEY, SECRET))


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other names can be told; what is missing is named."""
    monkeypatch.setenv("BOT7_API_KEY", KEY)
    error = refused(lambda: Credentials.from_env("BOT7"), KEY)
    assert (error.source, str(error)) == ("the environment", "the environment: BOT7_API_SECRET is not set")
    monkeypatch.setenv("BOT7_API_SECRET", SECRET)
    monkeypatch.setenv("BOT7_API_OTP", "")
    assert Credentials.from_env("BOT7") == Credentials(KEY, SECRET)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o602])
def test_a_file_that_others_can_read(tmp_path: Path, mode: int) -> None:
    """It is refused before it is read, with the command that helps."""
    path = written(tmp_path / "kraken.toml", f'key = "{KEY}"\nsecret = "{SECRET}"', mode)
    error = refused(lambda: Credentials.from_file(path), KEY, SECRET)
    assert error.hint == f"chmod 600 {path}"
    assert error.source == str(path)
    path.chmod(0o400)
    assert Credentials.from_file(str(path)) == Credentials(KEY, SECRET)


def test_a_file_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who owns it can read it, and could have written it."""
    path = written(tmp_path / "kraken.toml", f'key = "{KEY}"\nsecret = "{SECRET}"')
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert "belongs to somebody else" in str(refused(lambda: Credentials.from_file(path), KEY, SECRET))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{KEY}\n{SECRET}\n", "it is not TOML"),
        (f'key = "{KEY}\nsecret = {SECRET}"', "it is not TOML"),
        ("key = " + "[" * 5_000, "it is not TOML"),
        (f'key = "{KEY}"\nsecret = "{SECRET}"\n{SECRET.rstrip("=")} = "x"', "other fields"),
        (f'[live]\nkey = "{KEY}"\nsecret = "{SECRET}"', "other fields"),
        (f'secret = "{SECRET}"', "the key is missing"),
        (f'key = "{KEY}"', "the secret is missing"),
        (f'key = 7\nsecret = "{SECRET}"', "the key is missing"),
        (f'key = "{KEY}"\nsecret = "{SECRET}"\notp = 123456', "the one-time password is empty or no text"),
        (f'key = "{KEY}"\nsecret = "{SECRET}"' + "\n" * 70_000, "no key's file"),
    ],
)
def test_a_file_of_another_form(tmp_path: Path, text: str, problem: str) -> None:
    """It is refused without a word of what is in it."""
    path = written(tmp_path / "kraken.toml", text)
    error = refused(lambda: Credentials.from_file(path), KEY, SECRET, SECRET.rstrip("="))
    assert problem in str(error)
    assert error.__context__ is None


def test_a_file_of_bytes(tmp_path: Path) -> None:
    """What is no UTF-8 is no key."""
    path = written(tmp_path / "kraken.toml", "")
    path.write_bytes(f'key = "{KEY[:9]}'.encode() + b'\xff"\n' + f'secret = "{SECRET}"'.encode())
    assert "characters" in str(refused(lambda: Credentials.from_file(path), KEY[:9], SECRET))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The operating system's words, with its error as the cause."""
    error = refused(lambda: Credentials.from_file(tmp_path / "none.toml"))
    assert isinstance(error.__cause__, FileNotFoundError)
    assert str(error) == f"{tmp_path / 'none.toml'}: No such file or directory"
    assert isinstance(refused(lambda: Credentials.from_file(tmp_path)).__cause__, OSError)


def test_a_password_of_the_moment() -> None:
    """A callable is asked for each request; what it raises passes through."""
    codes = iter(["111111", " 222222 ", "", None])
    credentials = Credentials(KEY, SECRET, otp=lambda: next(codes))  # type: ignore[arg-type,return-value]
    assert credentials.sign(PATH, 1).body() == b"nonce=1&otp=111111"
    assert credentials.sign(PATH, 2).body() == b"nonce=2&otp=222222"
    for _ in range(2):
        assert "gave no text" in str(refused(lambda: credentials.sign(PATH, 3), KEY, SECRET))
    with pytest.raises(StopIteration):
        credentials.sign(PATH, 4)


def test_what_people_see() -> None:
    """The first four characters, which Kraken's own pages show as well; of a short key not even those."""
    credentials = Credentials(KEY, SECRET, otp=OTP)
    assert repr(credentials) == str(credentials) == f"{credentials}" == "<Credentials AbCd… with otp>"
    assert repr(Credentials(KEY, SECRET)) == "<Credentials AbCd…>"
    assert repr(Credentials("shortkey", SECRET)) == "<Credentials …>"
    assert len(credentials.fingerprint) == 32
    assert credentials.fingerprint != Credentials(KEY[::-1], SECRET).fingerprint


def test_nothing_that_walks_over_fields_finds_them() -> None:
    """Not `vars`, not a dataclass around them, not msgspec, not a format string, not a copy or a pickle."""
    credentials = Credentials(KEY, SECRET, otp=OTP)

    @dataclasses.dataclass
    class Settings:
        credentials: Credentials

    settings = Settings(credentials)
    template = "{0} {0!r} {0!s} {0._key} {0._secret} {0._otp!r} {0.fingerprint}"
    names = [name for name in dir(credentials) if name != "__dict__"]
    found = [
        repr(settings),
        repr(dataclasses.asdict(settings)),
        msgspec.json.encode({"credentials": credentials}, enc_hook=repr).decode(),
        template.format(credentials),
        repr([getattr(credentials, name) for name in names]),
        repr(credentials.sign(PATH, 1)),
        repr(credentials.__getstate__()),  # type: ignore[attr-defined]
    ]
    for text in found:
        for hidden in (KEY, SECRET, OTP, KEY[4:20]):
            assert hidden not in text
    with pytest.raises(TypeError):
        vars(credentials)
    with pytest.raises(TypeError):
        msgspec.to_builtins(credentials)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(ConfigurationError, match="can't be pickled"):
            pickle.dumps(credentials, protocol)
    assert copy.copy(credentials) is credentials
    assert copy.deepcopy([credentials])[0] is credentials


def test_equality() -> None:
    """All parts have to be equal; a hash is the key's."""
    one = Credentials(KEY, SECRET)
    assert one == Credentials(KEY, SECRET)
    assert hash(one) == hash(Credentials(KEY, SECRET, otp=OTP))
    assert one != Credentials(KEY, SECRET, otp=OTP)
    assert one != Credentials(KEY[::-1], SECRET)
    assert one != Credentials(KEY, b64encode(b"other").decode())
    assert one != KEY
    assert len({one, Credentials(KEY, SECRET), Credentials(KEY, SECRET, otp=OTP)}) == 2


def test_a_request_that_can_not_be() -> None:
    """The error of a parameter shows the parameter, and nothing of the key."""
    credentials = Credentials(KEY, SECRET, otp=OTP)
    with pytest.raises(ConfigurationError) as caught:
        credentials.sign(PATH, 1, {"volume": 1.5})  # type: ignore[dict-item]
    told = everything_about(caught.value)
    assert "auth.py" in told
    assert not any(hidden in told for hidden in (KEY, SECRET, OTP))


def test_a_variable_of_the_package_would_be_found() -> None:
    """The search itself works: a frame of another file with the secret in a variable is noticed."""
    scope: dict[str, Any] = {}
    exec(compile("def careless(text):\n    raise ValueError('no')", "careless.py", "exec"), scope)  # noqa: S102  # a frame of another file
    with pytest.raises(ValueError, match="no") as caught:
        scope["careless"](SECRET)
    assert SECRET in everything_about(caught.value)
