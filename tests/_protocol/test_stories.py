"""Life stories of a session, told as data in `vectors/sessions`: what happens at which time, and what comes out."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from havklo._protocol import actions
from havklo._protocol.life import Timings
from havklo._protocol.messages import BookLost, BookProven, Malformed, decode
from havklo._protocol.session import Session
from havklo.channels import Topic

STORIES = sorted((Path(__file__).parents[2] / "vectors" / "sessions").glob("*.json"))
_MS = 1_000_000


def as_data(action: actions.Action) -> dict[str, Any]:
    """Write an action the way the stories do: times in milliseconds, payloads as JSON, errors by name."""
    kind = type(action).__name__.lower()
    match action:
        case actions.Send(payload):
            return {"do": kind, "json": json.loads(payload)}
        case actions.Fail(topic, error):
            said = {"type": type(error).__name__, "error": error.error}
            return {"do": kind, "topic": msgspec.to_builtins(topic), "error": said}
        case actions.Emit(event):
            told: dict[str, Any] = {"type": type(event).__name__}
            for name in event.__struct_fields__:
                value = getattr(event, name)
                if name.endswith("_ns"):
                    told[name.removesuffix("_ns") + "_ms"] = value // _MS
                else:
                    told[name] = msgspec.json.decode(msgspec.json.encode(value))
            return {"do": kind, "event": told}
        case _:
            return msgspec.convert(msgspec.json.decode(msgspec.json.encode(action)), dict[str, Any])


def perform(session: Session, step: dict[str, Any]) -> list[actions.Action]:  # noqa: C901, PLR0911  # an arm per verb
    """Let one step of a story happen."""
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
            return session.disconnected(step["reason"], now)
        case "frame":
            return session.receive(decode(json.dumps(step["json"]).encode()), now)
        case "proven":
            facts = {"snapshot": step.get("snapshot", False), "crossed": step.get("crossed", False)}
            return [do for one in symbols for do in session.receive(BookProven(symbol=one, **facts), now)]
        case "lost":
            lost = BookLost(symbols=tuple(symbols), reason=step["reason"], resync=step.get("resync", True))
            return session.receive(lost, now)
        case "malformed":
            return session.receive(Malformed(detail=step["detail"]), now)
        case "resync":
            return session.resync(symbols, now)
        case "tick":
            return session.tick(now)
        case other:
            pytest.fail(f"no story step is called {other!r}")


def new_session(story: dict[str, Any]) -> Session:
    """Make the session that a story is about."""
    timings = Timings(**{name[:-3]: value * _MS for name, value in story.get("timings", {}).items()})
    return Session(lambda: story.get("random", 0.0), connection=0, timings=timings)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path) -> None:
    """Each step of the story gives exactly the actions, and the next deadline, that it tells of."""
    story = json.loads(path.read_bytes())
    session = new_session(story)
    for number, step in enumerate(story["steps"], 1):
        done = [as_data(action) for action in perform(session, step)]
        assert done == step["expect"], f"step {number}: {step}"
        if "deadline_ms" in step:
            deadline = session.next_deadline
            assert (None if deadline is None else deadline / _MS) == step["deadline_ms"], f"step {number}"


def test_there_are_stories() -> None:
    """The stories are found: an empty folder is no success."""
    assert len(STORIES) >= 15
