"""A session and an account side by side: literal frames go in, what is sent and what is told comes out."""

import json
from decimal import Decimal
from typing import Any

from havklo._protocol import actions
from havklo._protocol.messages import decode
from havklo._protocol.session import Session
from havklo._protocol.tokens import Token
from havklo._protocol.trading.account import Account
from havklo._protocol.trading.counter import RateCounter
from havklo._protocol.trading.effects import Ask, Changed, Effect, Look, Resubscribe, Settled, Tell
from havklo._protocol.trading.record import Record
from havklo.channels import Topic

__all__ = ["BALANCES", "EXECUTIONS", "SECOND", "START", "Rig", "executions", "placed", "report"]

SECOND = 1_000_000_000
START = 1_000 * SECOND
EPOCH = 1_795_000_000 * SECOND
EXECUTIONS, BALANCES = Topic("executions", ""), Topic("balances", "")


def report(exec_type: str, status: str, order_id: str = "O1", **fields: Any) -> str:
    """One row of executions."""
    row = {"order_id": order_id, "exec_type": exec_type, "order_status": status} | fields
    return json.dumps(row | {"timestamp": fields.get("timestamp", "2026-11-22T10:00:00.000000Z")})


def executions(sequence: int, *rows: str, kind: str = "update") -> bytes:
    """A message of executions."""
    return f'{{"channel":"executions","type":"{kind}","data":[{",".join(rows)}],"sequence":{sequence}}}'.encode()


def placed(name: str = "n1", **fields: Any) -> Record:
    """The record of a limit order that is about to be sent."""
    record = Record(cl_ord_id=name or None)
    record.own = True
    record.symbol, record.side, record.order_type = "BTC/USD", "buy", "limit"
    record.order_qty, record.limit_price = Decimal("0.5"), Decimal(100)
    for field, value in fields.items():
        setattr(record, field, value)
    return record


class Rig:
    """Carries out what a session and an account say.

    Attributes:
        now: The time; the account's and the session's.
        told: The events, in order.
        effects: What else the account has asked for.
        sent: The requests that went out, parsed.
        fates: How subscriptions ended.
    """

    def __init__(self, *topics: Topic) -> None:
        self.now = START
        self.session = Session(lambda: 0.5)
        self.counter = RateCounter("pro")
        self.account = Account(self.counter)
        self.told: list[Any] = []
        self.effects: list[Effect] = []
        self.sent: list[dict[str, Any]] = []
        self.fates: list[Any] = []
        self.needs: list[actions.NeedToken] = []
        self.tokens = 0
        if topics:
            self.act(self.session.subscribe(topics, self.now))
            self.act(self.session.connected(self.now))
            self.give_token()

    # -- the session -------------------------------------------------------------------------

    def give_token(self) -> None:
        """Answer the last demand for a token."""
        self.tokens += 1
        self.act(self.session.token_came(Token(f"token {self.tokens}"), self.now))

    def act(self, todo: list[actions.Action]) -> None:
        """Carry out what the session says."""
        for action in todo:
            match action:
                case actions.SendSecret(payload):
                    self.sent.append(json.loads(payload.reveal()))
                case actions.Emit(event):
                    self.told.append(event)
                case actions.DeliverAccount(topic, rows, snapshot, recv_ns):
                    self.do(self.account.rows(topic.channel, rows, self.now, recv_ns, snapshot=snapshot))
                case actions.Reply(answer):
                    self.do(self.account.answered(answer, self.now))
                case actions.NeedToken():
                    self.needs.append(action)
                case actions.Complete() | actions.Fail():
                    self.fates.append(action)
                case _:
                    pass

    def hear(self, *frames: bytes | str) -> None:
        """Take frames from Kraken."""
        for frame in frames:
            payload = frame.encode() if isinstance(frame, str) else frame
            self.act(self.session.receive(decode(payload, EPOCH + self.now), self.now))

    def ack(self, channel: str, req_id: int, method: str = "subscribe") -> None:
        """Take the ack of a subscribe or unsubscribe."""
        result = f'{{"channel":"{channel}","snapshot":true}}'
        self.hear(f'{{"method":"{method}","result":{result},"success":true,"req_id":{req_id}}}')

    def cut(self) -> None:
        """Lose the connection, and have another one."""
        self.act(self.session.disconnected("cut", self.now))
        self.do(self.account.link_lost(self.now))
        self.pass_time(1)
        self.act(self.session.connected(self.now))
        self.give_token()

    # -- the account -------------------------------------------------------------------------

    def do(self, effects: list[Effect]) -> None:
        """Carry out what the account says."""
        for effect in effects:
            match effect:
                case Tell(event):
                    self.told.append(event)
                case Resubscribe(channel):
                    self.effects.append(effect)
                    self.act(self.session.resync([""], self.now, channel))
                case Changed() | Settled() | Look():
                    self.effects.append(effect)

    def ask(self, method: str, *records: Record, charge: str | None = None, params: Any = None) -> Ask:
        """Send a request that can be carried out for five seconds."""
        charges = [self.counter.began("BTC/USD", charge, self.now)] if charge else []  # type: ignore[arg-type]
        out = self.session.ask(method, params or {})
        assert out is not None
        ask = Ask(out[0], method, records, sent_at=self.now, until=self.now + 5 * SECOND, charges=charges)
        self.account.asked(ask)
        self.act([out[1]])
        return ask

    def answer(self, ask: Ask, result: str = "{}", **fields: Any) -> None:
        """Take the answer to a request: a result, or an error."""
        extra = "".join(f',"{name}":{json.dumps(value)}' for name, value in fields.items())
        body = f'"success":{"false" if "error" in fields else "true"}' + extra
        if "error" not in fields:
            body += f',"result":{result}'
        self.hear(f'{{"method":"{ask.method}",{body},"req_id":{ask.req_id}}}')

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with what falls due in it."""
        end = self.now + round(seconds * SECOND)
        while True:
            due = min((at for at in (self.session.next_deadline, self.account.next_deadline) if at), default=end + 1)
            if due > end:
                break
            self.now = max(self.now, due)
            self.act(self.session.tick(self.now))
            self.do(self.account.tick(self.now))
            if due == self.now and self._stands(due):
                break
        self.now = max(self.now, end)

    def _stands(self, due: int) -> bool:
        """Whether nothing moves at this moment any more."""
        return min((at for at in (self.session.next_deadline, self.account.next_deadline) if at), default=0) <= due

    # -- what has come of it -----------------------------------------------------------------

    def of(self, kind: type) -> list[Any]:
        """The events of a type."""
        return [event for event in self.told if type(event) is kind]

    def asked_for(self, kind: type) -> list[Any]:
        """The effects of a kind."""
        return [effect for effect in self.effects if type(effect) is kind]

    def live(self) -> "Rig":
        """Have executions and balances live."""
        for request in self.sent:
            channel = request["params"]["channel"]
            self.ack(channel, request["req_id"])
            self.hear(f'{{"channel":"{channel}","type":"snapshot","data":[],"sequence":1}}')
        return self
