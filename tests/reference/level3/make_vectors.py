"""Writes `vectors/level3/`: run `PYTHONPATH=tests python -m reference.level3.make_vectors` in the project's root."""

import json
import sys
from pathlib import Path
from typing import Any

from reference.level3.stories import amends, life, malformed, numbers, queues, structure
from reference.level3.story import Chapter

FOLDER = Path(__file__).parents[3] / "vectors" / "level3"

CHAPTERS: dict[str, Chapter] = {
    "queues": queues.QUEUES,
    "amends": amends.AMENDS,
    "structure": structure.STRUCTURE,
    "numbers": numbers.NUMBERS,
    "malformed": malformed.MALFORMED,
    "life": life.LIFE,
}


def render() -> dict[str, str]:
    """All vector files by their names."""
    return {
        f"{name}.json": _listed([story.as_json() for story in chapter.tell()]) for name, chapter in CHAPTERS.items()
    }


def _listed(stories: list[dict[str, Any]]) -> str:
    """JSON with a member a line, and a step a line: made to be compared."""
    return "[\n" + ",\n".join(map(_story, stories)) + "\n]\n"


def _story(story: dict[str, Any]) -> str:
    steps = "[\n" + ",\n".join(f"   {json.dumps(step)}" for step in story["steps"]) + "\n  ]"
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in story.items() if key != "steps"]
    return " {\n" + ",\n".join([*lines, f'  "steps": {steps}']) + "\n }"


def main() -> None:
    """Writes every file and tells what it wrote."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in render().items():
        (FOLDER / name).write_text(text)
        sys.stdout.write(f"vectors/level3/{name}: {len(json.loads(text))} stories\n")


if __name__ == "__main__":
    main()
