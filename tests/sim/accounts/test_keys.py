"""The check of signed requests."""

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.keys import ALL, ApiKey, KeyCheck, Permission, Refused, sign

SECOND = 1_000_000_000
PATH = "/0/private/Balance"


@pytest.fixture
def bank() -> Bank:
    """A bank with one account."""
    bank = Bank(7, {"USD"})
    bank.open("alice")
    return bank


@pytest.fixture
def key(bank: Bank) -> ApiKey:
    """Its key."""
    return bank.by_number(1).keys[0]


def send(
    check: KeyCheck,
    key: ApiKey,
    nonce: str,
    *,
    permission: Permission = "query-funds",
    signature: str | None = None,
    now_ns: int = 0,
) -> str:
    """A request; returns the error's text, or nothing."""
    body = f"nonce={nonce}&asset=USD".encode()
    try:
        known = check.check(PATH, key.key, signature or sign(key.secret, PATH, nonce, body), body, permission, now_ns)
    except Refused as refused:
        return str(refused)
    assert known is key
    return ""


def test_vector_of_the_documentation() -> None:
    """Kraken's own example of a signature."""
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="  # noqa: S105
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    expected = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    assert sign(secret, "/0/private/AddOrder", "1616492376594", body) == expected


def test_generated_keys() -> None:
    """They have Kraken's form, depend on seed and name only, and keep their secret to themselves."""
    alice, bob = (Bank(7, {"USD"}).open(name) for name in ("alice", "bob"))
    assert (len(alice.key), len(alice.secret)) == (56, 88)
    assert alice.key != bob.key
    assert (alice.key, alice.secret) == (Bank(7, ["EUR"]).open("alice").key, Bank(7, ["EUR"]).open("alice").secret)
    assert alice.key != Bank(8, {"USD"}).open("alice").key
    assert all(alice.secret not in repr(thing) for thing in (alice, alice.keys[0], alice.keys))


def test_nonces_rise(bank: Bank, key: ApiKey) -> None:
    """Strictly, and for each key alone."""
    check = KeyCheck(bank.key)
    other = bank.issue_key(bank.by_number(1))
    assert [send(check, key, nonce) for nonce in ("5", "6", "6", "5", "7")] == [
        "",
        "",
        "EAPI:Invalid nonce",
        "EAPI:Invalid nonce",
        "",
    ]
    assert send(check, other, "1") == ""
    assert send(check, key, str(2**64 - 1)) == ""


@pytest.mark.parametrize("nonce", ["", "x", "-1", "1.5", str(2**64), "1" * 30])
def test_what_is_no_nonce(bank: Bank, key: ApiKey, nonce: str) -> None:
    """A nonce is an unsigned 64-bit number."""
    assert send(KeyCheck(bank.key), key, nonce) == "EAPI:Invalid nonce"


def test_nonce_window(bank: Bank) -> None:
    """A key may have one: then a nonce may be that much behind the highest."""
    key = bank.issue_key(bank.by_number(1), nonce_window=10)
    check = KeyCheck(bank.key)
    assert [send(check, key, nonce) for nonce in ("100", "91", "90", "100")] == ["", "", "EAPI:Invalid nonce", ""]


def test_forged(bank: Bank, key: ApiKey) -> None:
    """A wrong signature is refused, and uses up no nonce."""
    check = KeyCheck(bank.key)
    wrong = sign(key.secret, "/0/private/OpenOrders", "5", b"nonce=5&asset=USD")
    for signature in (wrong, "AAAA", "ä", "="):
        assert send(check, key, "5", signature=signature) == "EAPI:Invalid signature"
    assert send(check, key, "5") == ""


def test_unknown_key(bank: Bank, key: ApiKey) -> None:
    """Nobody has it."""
    stranger = ApiKey.generate("elsewhere", 1, ALL, 0)
    assert send(KeyCheck(bank.key), stranger, "1") == "EAPI:Invalid key"
    assert bank.key(key.key) is key
    assert bank.by_key(key.key) is bank.by_number(1)
    assert bank.by_key(stranger.key) is None


def test_permissions(bank: Bank) -> None:
    """A key can only be used for what it is for; a denied request uses up its nonce."""
    account: Account = bank.by_number(1)
    key = bank.issue_key(account, {"websockets"})
    check = KeyCheck(bank.key)
    assert send(check, key, "1") == "EGeneral:Permission denied"
    assert send(check, key, "1", permission="websockets") == "EAPI:Invalid nonce"
    assert send(check, key, "2", permission="websockets") == ""


def test_lockout(bank: Bank, key: ApiKey) -> None:
    """After some refusals in a row a key is locked out for a while, right or wrong; by default never."""
    check = KeyCheck(bank.key, lockout_after=3, lockout_seconds=60)
    wrong = "AAAA"
    assert send(check, key, "1", signature=wrong) == "EAPI:Invalid signature"
    assert send(check, key, "x") == "EAPI:Invalid nonce"
    assert send(check, key, "1") == ""  # which ends the row
    assert [send(check, key, "1", now_ns=9) for _ in range(3)] == ["EAPI:Invalid nonce"] * 3
    assert send(check, key, "2", now_ns=60 * SECOND + 8) == "EGeneral:Temporary lockout"
    assert send(check, key, "2", now_ns=60 * SECOND + 9) == ""
    patient = KeyCheck(bank.key)
    assert {send(patient, key, "x") for _ in range(99)} == {"EAPI:Invalid nonce"}


def test_what_can_not_be(bank: Bank) -> None:
    """Unknown permissions and negative windows are mistakes."""
    account = bank.by_number(1)
    with pytest.raises(ConfigurationError, match="permission"):
        bank.issue_key(account, {"withdraw"})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="window"):
        bank.issue_key(account, nonce_window=-1)
