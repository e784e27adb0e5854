"""Life stories of sessions, told as data in `vectors/sessions`: what happens at which time, and what comes out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from havklo._protocol import actions
from havklo._protocol.breaker import Breaker
from havklo._protocol.budget import Budget
from havklo._protocol.gate import Gate
from havklo._protocol.limits import Window
from havklo._protocol.messages import Activity, BookLost, BookProven, Malformed, Unreadable, decode
from havklo._protocol.refusals import refusal
from havklo._protocol.session import Session
from havklo._protocol.timings import Timings
from havklo._protocol.tokens import Token
from havklo.channels import Topic
from havklo.errors import RestTimeout

if TYPE_CHECKING:
    from havklo._protocol.life import Life

STORIES = sorted((Path(__file__).parents[2] / "vectors" / "sessions").glob("*.json"))
_MS = 1_000_000
_TOLD = {
    "Trade": ("trade_id", "source"),
    "TradeGap": ("first", "last", "count", "reason"),
    "Ticker": ("type", "last"),
    "Candle": ("type", "interval_begin", "close"),
    "Instruments": ("type",),
}


def as_data(action: actions.Action) -> dict[str, Any]:  # noqa: PLR0911  # an arm per action
    """Write an action the way the stories do: times in milliseconds, payloads as JSON, errors by name."""
    kind = type(action).__name__.lower()
    match action:
        case actions.Send() | actions.SendSecret():
            return {"do": "send", "json": sent(action)}
        case actions.DropToken(token):
            return {"do": "drop_token", "token": token.reveal()}
        case actions.NeedToken(refused):
            return {"do": "need_token", "refused": None if refused is None else refused.reveal()}
        case actions.Fail(topic, error):
            said = {"type": type(error).__name__, "error": error.error}
            return {"do": kind, "topic": msgspec.to_builtins(topic), "error": said}
        case actions.Emit(event):
            told: dict[str, Any] = {"type": type(event).__name__}
            for name in event.__struct_fields__:
                value = getattr(event, name)
                if name == "error":
                    told[name] = (
                        {"type": type(value).__name__, "error": value.error} if isinstance(value, Exception) else value
                    )
                elif name.endswith("_ns"):
                    told[name.removesuffix("_ns") + "_ms"] = value // _MS
                else:
                    told[name] = msgspec.json.decode(msgspec.json.encode(value))
            return {"do": kind, "event": told}
        case actions.Deliver(topic, events):
            return {"do": kind, "topic": msgspec.to_builtins(topic), "events": [row_as_data(row) for row in events]}
        case _:
            return msgspec.convert(msgspec.json.decode(msgspec.json.encode(action)), dict[str, Any])


def sent(action: actions.Send | actions.SendSecret) -> Any:
    """Give what is sent, a token included."""
    return json.loads(action.payload if isinstance(action, actions.Send) else action.payload.reveal())


def row_as_data(row: actions.MarketEvent) -> dict[str, Any]:
    """Write an event of a channel the way the stories do: what tells it from others, not all that it says."""
    name = type(row).__name__
    told = {field: msgspec.to_builtins(getattr(row, field)) for field in _TOLD[name]}
    return {"event": name, **told}


class Player:
    """Plays one story: makes its sessions as they appear, and lets its steps happen."""

    def __init__(self, story: dict[str, Any]) -> None:
        patience = {
            name.removesuffix("_ms"): value * _MS if name.endswith("_ms") else value
            for name, value in story.get("timings", {}).items()
        }
        gate = story.get("gate", {})
        self._timings = Timings(**patience)
        self._gate = Gate(
            breaker=Breaker(failures=gate.get("failures", 5), cool_down=gate.get("cool_down_ms", 30_000) * _MS),
            window=Window(gate.get("limit", 120), gate.get("span_ms", 600_000) * _MS),
        )
        self._budget = Budget(story.get("budget", 200))
        self._random = lambda: story.get("random", 0.0)
        self._sessions: dict[int, Session] = {}
        self._released: dict[Topic, Life] = {}

    def session(self, number: int) -> Session:
        """Give the session of this number; all of them share one way to the endpoint."""
        if number not in self._sessions:
            self._sessions[number] = Session(
                self._random, connection=number, timings=self._timings, gate=self._gate, budget=self._budget
            )
        return self._sessions[number]

    def perform(self, step: dict[str, Any]) -> list[actions.Action]:  # noqa: C901, PLR0911, PLR0912  # an arm per verb
        """Let one step of the story happen."""
        session = self.session(step.get("session", 0))
        now = step["at_ms"] * _MS
        symbols = step.get("symbols", ())
        topics = [msgspec.convert(topic, Topic) for topic in step.get("topics", ())]
        match step["do"]:
            case "subscribe":
                return session.subscribe(topics, now)
            case "unsubscribe":
                return session.unsubscribe(topics, now)
            case "connected":
                return session.connected(now)
            case "disconnected":
                return session.disconnected(step["reason"], now, step.get("code"))
            case "frame":
                return session.receive(decode(json.dumps(step["json"]).encode()), now)
            case "proven":
                facts = {
                    "snapshot": step.get("snapshot", False),
                    "crossed": step.get("crossed", False),
                    "channel": step.get("channel", "book"),
                }
                return [do for one in symbols for do in session.receive(BookProven(symbol=one, **facts), now)]
            case "lost":
                lost = BookLost(
                    symbols=tuple(symbols),
                    reason=step["reason"],
                    resync=step.get("resync", True),
                    channel=step.get("channel", "book"),
                )
                return session.receive(lost, now)
            case "token":
                return session.token_came(Token(step["token"]), now)
            case "no_token":
                said = step["error"]
                error = RestTimeout("POST /0/private/GetWebSocketsToken", 10) if said == "timeout" else refusal(said)
                return session.token_failed(error, now)
            case "malformed":
                return session.receive(Malformed(detail=step["detail"]), now)
            case "unreadable":
                return session.receive(Unreadable(channel=step["channel"], detail=step["detail"]), now)
            case "activity":
                books = {symbol: (count, age * _MS) for symbol, (count, age) in step["books"].items()}
                return session.receive(Activity(books=books, channel=step.get("channel", "book")), now)
            case "resync":
                return session.resync(symbols, now, step.get("channel", "book"))
            case "release":
                done, lives = session.release(topics)
                self._released.update((life.topic, life) for life in lives)
                return done
            case "adopt":
                return session.adopt([self._released.pop(topic) for topic in topics], now)
            case "tick":
                return session.tick(now)
            case other:
                pytest.fail(f"no story step is called {other!r}")


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path) -> None:
    """Each step of the story gives exactly the actions, the deadline and the clock that it tells of."""
    story = json.loads(path.read_bytes())
    player = Player(story)
    for number, step in enumerate(story["steps"], 1):
        done = [as_data(action) for action in player.perform(step)]
        assert done == step["expect"], f"step {number}: {step}"
        session = player.session(step.get("session", 0))
        if "deadline_ms" in step:
            deadline = session.next_deadline
            assert (None if deadline is None else deadline / _MS) == step["deadline_ms"], f"step {number}"
        if "clock" in step:
            clock = session.clock
            figures = {"ahead": clock.offset_ns, "error": clock.error_ns, "round_trip": clock.rtt_ns}
            assert {f"{name}_ns": value for name, value in figures.items()} == step["clock"], f"step {number}"
        if step["do"] == "tick":
            deadline = session.next_deadline
            assert deadline is None or deadline > step["at_ms"] * _MS, f"step {number}: what was due is done"


def test_there_are_stories() -> None:
    """The stories are found: an empty folder is no success."""
    assert len(STORIES) >= 40
