"""Which value of a JSON document does a path such as ``$.predictions[*].score`` name?

The subset that DuckDB and Athena read alike: member names, indices and ``[*]``. One parser, so
that the bulk reader (SQL) and the careful reader (Python) can never disagree about a path.
"""

from __future__ import annotations

import re
from typing import Any

Step = str | int | None  # a member name, an index, or None for [*]
Path = tuple[Step, ...]

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]"']+) | \."(?P<quoted>[^"]*)" | \[(?P<index>\d+)\] | \[(?P<all>\*)\]
      | \[(?P<mark>["'])(?P<member>[^"']*)(?P=mark)\]""",
    re.VERBOSE,
)


def parse_path(text: str) -> Path:
    """``$.a[0]["b c"][*]`` -> ``("a", 0, "b c", None)``.

    Raises
    ------
    ValueError
        With a sentence, where the text is no such path.
    """
    if not text.startswith("$"):
        raise ValueError(f'"{text}" is not a JSON path: it must start with "$"')
    steps: list[Step] = []
    at = 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(
                f'"{text}" is not a JSON path: "{text[at:]}" is none of .name, ["name"], [0], [*]'
            )
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["all"] is not None:
            steps.append(None)
        else:
            steps.append(next(match[g] for g in ("name", "quoted", "member") if match[g]))
        at = match.end()
    return tuple(steps)


def path_text(path: Path) -> str:
    """The path as DuckDB and Trino write it; names are quoted, so any name is safe."""
    return "$" + "".join(
        "[*]" if step is None else f"[{step}]" if isinstance(step, int) else f'."{step}"'
        for step in path
    )


def split_rows(path: Path) -> tuple[Path, Path]:
    """Split at the last ``[*]``: where the rows are, and where the value is inside one row."""
    last = max((at for at, step in enumerate(path) if step is None), default=-1)
    return path[: last + 1], path[last + 1 :]


def values_at(document: Any, path: Path) -> list[Any]:
    """All values a path names, in document order; an absent member names none."""
    found = [document]
    for step in path:
        if step is None:
            found = [item for value in found if isinstance(value, list) for item in value]
        elif isinstance(step, int):
            found = [v[step] for v in found if isinstance(v, list) and step < len(v)]
        else:
            found = [v[step] for v in found if isinstance(v, dict) and step in v]
    return found


def value_at(document: Any, path: Path) -> Any:
    """The one value at a path without ``[*]``, or None."""
    return next(iter(values_at(document, path)), None)
