"""The balances channel."""

from havklo.sim.accounts.ledger import Entry
from havklo.sim.channels.balances import Balances


def test_messages() -> None:
    """Wallets, then entries; counted together from 1."""
    balances = Balances()
    assert balances.snapshot({"BTC": 12_000_000_000, "USD": 805_954_943_000_000}) == (
        b'{"channel":"balances","type":"snapshot","data":[{"asset":"BTC","asset_class":"currency","balance":1.2,'
        b'"wallets":[{"type":"spot","id":"main","balance":1.2}]},{"asset":"USD","asset_class":"currency",'
        b'"balance":80595.4943,"wallets":[{"type":"spot","id":"main","balance":80595.4943}]}],"sequence":1}'
    )
    entry = Entry(
        ledger_id="LDKKFF-WEA5A-CNUBHG",
        ref_id="TGBWUJ-LAREZ-W3UFAN",
        account=1,
        asset="BTC",
        amount=-100_000_000,
        fee=25_000,
        balance=200_000_000,
        type="trade",
        category="trade",
        now_ns=1_695_378_222_925_034_999,
    )
    assert balances.update(entry) == (
        b'{"channel":"balances","type":"update","data":[{"ledger_id":"LDKKFF-WEA5A-CNUBHG",'
        b'"ref_id":"TGBWUJ-LAREZ-W3UFAN","timestamp":"2023-09-22T10:23:42.925034Z","type":"trade","asset":"BTC",'
        b'"asset_class":"currency","category":"trade","wallet_type":"spot","wallet_id":"main","amount":-0.01,'
        b'"fee":2.5e-06,"balance":0.02}],"sequence":2}'
    )


def test_nothing_yet() -> None:
    """An account without any money."""
    assert Balances().snapshot({}) == b'{"channel":"balances","type":"snapshot","data":[],"sequence":1}'
