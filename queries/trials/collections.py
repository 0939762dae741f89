"""Which recorded names belong to which collection of the hook: weights, gradients, losses?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from queries.errors import Damaged
from queries.trials.inside import inside

# The patterns that smdebug's hooks set for PyTorch, TensorFlow, MXNet and XGBoost. Python's own
# engine matches these, for RE2 has no look-around, and none of them can take long.
_OF_THE_HOOKS = frozenset(
    {
        "^(?!gradient).*weight",
        "^(?!gradient).*bias",
        "^gradient",
        "bias",
        ".*loss.*",
        "[Ll]oss_(?!input).*output",
        ".*loss._(?!input).*output",
        "^weights/.*/((?!bias).)*$",
        ".*relu_output",
        ".*",
        "^average_shap/.*[^/bias]$",
        "^full_shap/.*[^/bias]$",
        "^feature_importance/.*",
        "^hyperparameters/.*$",
        "^labels$",
        "^predictions$",
        "^trees/.*",
        "^[a-zA-z]+-.+(?<!(auc|map))$",
        "^[a-zA-z]+-[a-zA-z0-9]+$",
    }
)
_MOST_WORKERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as the hook wrote it down: names known then, and patterns of further ones."""

    name: str
    tensors: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collections:
    """The collections of all workers, merged.

    ``workers`` is how many were to write, 0 where no file says; ``notes`` what is damaged.
    """

    collections: tuple[Collection, ...]
    workers: int
    notes: tuple[str, ...] = ()

    def members(self, names: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
        """The names that each collection holds, in their order, and what could not be matched.

        A name belongs where the hook listed it or a pattern is found in it (as by ``re.search``).
        Patterns may be anybody's: RE2 matches them, in time proportional to the name's length.
        """
        patterns = dict.fromkeys(p for each in self.collections for p in each.patterns)
        matched, notes = _matched(tuple(patterns), names)
        found = {}
        for each in self.collections:
            held = set(each.tensors).union(*(matched[pattern] for pattern in each.patterns))
            found[each.name] = tuple(name for name in names if name in held)
        return found, notes


def read_collections(folder: Path, files: Sequence[str]) -> Collections:
    """The collection files of a trial, named from its folder; damaged ones are noted."""
    tensors: dict[str, dict[str, None]] = {}
    patterns: dict[str, dict[str, None]] = {}
    workers = 0
    notes = []
    for file in files:
        try:
            announced, found = _read(folder, file)
        except Damaged as error:
            notes.append(f"{file} is damaged: {error}")
            continue
        workers = max(workers, announced)
        for each in found:
            tensors.setdefault(each.name, {}).update(dict.fromkeys(each.tensors))
            patterns.setdefault(each.name, {}).update(dict.fromkeys(each.patterns))
    merged = (Collection(name, tuple(tensors[name]), tuple(patterns[name])) for name in tensors)
    return Collections(tuple(merged), workers, tuple(notes))


def _read(folder: Path, file: str) -> tuple[int, list[Collection]]:
    """How many workers one file announces, and its collections."""
    try:
        document = orjson.loads(inside(folder, file).read_bytes())
    except OSError as error:
        raise Damaged(f"it cannot be read ({error.strerror}).") from error
    except orjson.JSONDecodeError as error:
        raise Damaged(f"it is not JSON ({error}).") from error
    found = document.get("collections") if isinstance(document, dict) else None
    meta = document.get("_meta") if isinstance(document, dict) else None
    workers = meta.get("num_workers") if isinstance(meta, dict) else None
    if not isinstance(found, dict):
        raise Damaged("it names no collections.")
    if type(workers) is not int or not 0 < workers < _MOST_WORKERS:
        raise Damaged("it does not say how many workers there are.")
    return workers, [
        Collection(name, _texts(each, "tensor_names"), _texts(each, "include_regex"))
        for name, each in found.items()
    ]


def _texts(found: Any, key: str) -> tuple[str, ...]:
    texts = found.get(key) if isinstance(found, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Damaged(f"the {key} of a collection are no list of texts.")
    return tuple(texts)


def _matched(
    patterns: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, frozenset[str]], tuple[str, ...]]:
    """The names in which each pattern is found; a sentence for each pattern that cannot be used."""
    found = {
        pattern: frozenset(filter(re.compile(pattern).search, names))
        for pattern in patterns
        if pattern in _OF_THE_HOOKS
    }
    others = [pattern for pattern in patterns if pattern not in found]
    if not others:
        return found, ()
    # most trials have no pattern but the hooks'
    import duckdb

    notes = []
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE names AS SELECT unnest(?::VARCHAR[]) AS name", [list(names)])
        question = "SELECT DISTINCT name FROM names WHERE regexp_matches(name, ?)"
        for pattern in others:
            try:
                rows = engine.execute(question, [pattern]).fetchall()
            except duckdb.Error as error:
                rows = []
                reason = " ".join(str(error).partition(": ")[2].split())
                notes.append(
                    f"The pattern {pattern[:100]!r} of a collection cannot be matched here "
                    f"({reason[:200]}); the collection holds the tensors that it lists."
                )
            found[pattern] = frozenset(row[0] for row in rows)
    return found, tuple(notes)
