"""Writes `vectors/`: run `PYTHONPATH=tests python -m reference.make_vectors` in the project's root."""

import json
import sys
from pathlib import Path
from typing import Any

from reference.stories import figures, formatting, life, malformed, structure, window
from reference.story import Chapter
from reference.sums import CASES

FOLDER = Path(__file__).parents[2] / "vectors"

CHAPTERS: dict[str, Chapter] = {
    "life": life.LIFE,
    "window": window.WINDOW,
    "structure": structure.STRUCTURE,
    "formatting": formatting.FORMATTING,
    "figures": figures.FIGURES,
    "malformed": malformed.MALFORMED,
}


def render() -> dict[str, str]:
    """All vector files by their path under `vectors/`."""
    files = {"checksum/book.json": _listed([case.as_json() for case in CASES], "bids", "asks")}
    for name, chapter in CHAPTERS.items():
        files[f"frames/{name}.json"] = _listed([story.as_json() for story in chapter.tell()], "steps")
    return files


def _listed(objects: list[dict[str, Any]], *long: str) -> str:
    """JSON with a member a line, and an element a line in the lists named: made to be compared."""
    return "[\n" + ",\n".join(_object(members, long) for members in objects) + "\n]\n"


def _object(members: dict[str, Any], long: tuple[str, ...]) -> str:
    lines: list[str] = []
    for key, value in members.items():
        text = _compact(value)
        if key in long and value:
            text = "[\n" + ",\n".join(f"   {_compact(element)}" for element in value) + "\n  ]"
        lines.append(f"  {_compact(key)}: {text}")
    return " {\n" + ",\n".join(lines) + "\n }"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


def main() -> None:
    """Writes every file and tells what it wrote."""
    for name, text in render().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        sys.stdout.write(f"{path.relative_to(FOLDER.parent)}: {len(json.loads(text))} entries\n")


if __name__ == "__main__":
    main()
