"""What do the answers of both variants look like: content types, outputs, labels?

Content types and labels are counted over all that was read; which outputs there are is seen in the
newest captures, of which some records of each variant are looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from analysis.compatibility import Answers
from queries.objects import reader
from queries.reading import csv_rows, number
from queries.records import Payload, decode, documents
from queries.samples import SAMPLE_OBJECTS, sample
from queries.windows import bounds

if TYPE_CHECKING:
    from queries.captured import Side
    from queries.opened import Opened
    from queries.reading import Reading

MOST_OUTPUTS = 200
"""Outputs of one answer that are named."""

Forms = Mapping[str, Counter[str]]


def answers_of(opened: Opened) -> tuple[Answers, Answers]:
    """How production and shadow answer, over all that was captured.

    Raises
    ------
    NotComparable
        When no record carries a time.
    """
    looked_at = [
        _outputs(opened, "production", opened.reading),
        _outputs(opened, "shadow", opened.shadow_reading),
    ]
    came = [opened.captured.types("production"), opened.captured.types("shadow")]
    varying = {
        name
        for _, outputs in looked_at
        for name, kinds in outputs.items()
        if sum(kind.endswith(" numbers") for kind in kinds) > 1
    }
    labels = _labels(opened)
    production, shadow = (
        Answers(
            n=n,
            content_types=_media(types.answers),
            request_types=_media(types.requests),
            outputs=_of_one_kind(outputs, varying),
            labels=given,
        )
        for (n, outputs), types, given in zip(looked_at, came, labels, strict=True)
    )
    return production, shadow


def _media(types: Counter[str]) -> Counter[str]:
    """Records by media type: what follows a semicolon is how it is written, not what it is.

    A failure is answered with nothing, and has no type.
    """
    found: Counter[str] = Counter()
    for content_type, records in types.items():
        media = content_type.partition(";")[0].strip().lower()
        if media:
            found[media] += records
    return found


def _labels(opened: Opened) -> tuple[Counter[str], Counter[str]]:
    """Rows by label, of pairs; nothing where answers have no labels."""
    given: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    if opened.reading.kind not in ("binary", "multiclass"):
        return given
    answer = opened.engine.run("confusion", **bounds(opened.window("all")))
    for counted, side in zip(given, ("production_label", "shadow_label"), strict=True):
        for label, n in zip(answer[side], answer["n"], strict=True):
            if label is not None:
                counted[str(label)] += int(n)
    return given


def _outputs(opened: Opened, side: Side, reading: Reading) -> tuple[int, dict[str, Counter[str]]]:
    """How many records were looked at, and in how many each output is, by its kind."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    records = sample(
        opened.captured.newest_objects(side, SAMPLE_OBJECTS),
        reader(opened.test.source, opened.config.aws),
        reading.layout,
    )
    answered = [decode(record.output) for record in records if record.output is not None]
    for payload in answered:
        # once a record, however many rows it holds
        for name, kind in sorted(set(list(_of_payload(payload, reading))[:MOST_OUTPUTS])):
            found[name][kind] += 1
    return len(answered), dict(found)


def _of_payload(payload: Payload, reading: Reading) -> Iterator[tuple[str, str]]:
    if payload.array is not None:
        columns = payload.array.shape[1] if payload.array.ndim > 1 else 1
        yield "array", f"{columns} numbers"
    elif payload.text is None:
        yield "answer", payload.media
    elif reading.output.form == "csv":
        for row in csv_rows(payload.text):
            for column, cell in enumerate(row):
                yield f"column {column}", "text" if number(cell) is None else "number"
    elif reading.output.form == "json" and (found := documents(payload.text)) is not None:
        for document in found:
            yield from _of_json("$", document)
    else:
        yield "answer", "text"


def _of_json(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _of_json(f"{path}.{key}", member)
    elif isinstance(value, list) and value and all(_is_number(each) for each in value):
        yield path, f"{len(value)} numbers"
    elif isinstance(value, list):
        for member in value:
            yield from _of_json(f"{path}[*]", member)
    elif isinstance(value, bool):
        yield path, "true or false"
    elif _is_number(value):
        yield path, "number"
    elif value is not None:
        yield path, "text"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_one_kind(outputs: Forms, varying: set[str]) -> dict[str, Counter[str]]:
    """Lists whose length varies, as that of a batch does, are of one kind."""
    merged: dict[str, Counter[str]] = {}
    for name, kinds in outputs.items():
        merged[name] = Counter()
        for kind, n in kinds.items():
            plain = name in varying and kind.endswith(" numbers")
            merged[name]["numbers" if plain else kind] += n
    return merged
