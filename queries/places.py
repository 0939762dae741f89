"""Where in an answer stands what is compared as a whole: a text, a ranking, a set, a document?

For the kinds of answer that have several parts. A declared path is never guessed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from queries.config import Prediction
from queries.paths import Path, parse_path, split_rows
from queries.reading import Kind, OutputReading, csv_rows
from queries.records import Payload, documents

# How the well-known containers of language models name what they wrote.
TEXT_PATHS = tuple(
    parse_path(text)
    for text in (
        "$.generated_text",
        "$[0].generated_text",
        "$.choices[0].message.content",
        "$.choices[0].text",
        "$.outputs[0].text",
        "$.content[0].text",
        "$.output.message.content[0].text",
        "$.results[0].outputText",
        "$.generation",
        "$.completion",
        "$.completions[0].data.text",
        "$.outputs[0]",
        "$.output_text",
        "$.response",
        "$.summary_text",
        "$[0].summary_text",
        "$.translation_text",
        "$[0].translation_text",
        "$.text",
    )
)
LISTS: dict[Kind, tuple[str, ...]] = {
    "ranking": ("recommendations", "ranking", "items", "results", "documents", "ids", "itemList"),
    "multilabel": ("labels", "tags", "categories", "classes", "predictions", "scores"),
    "multioutput": ("predictions", "outputs", "values", "results"),
}


def place_of_whole(kind: Kind, answers: Sequence[Payload], declared: Prediction) -> OutputReading:
    """How answers of this kind are read, from a sample of them."""
    labels = declared.labels or ()
    if declared.path is not None:
        rows, value = split_rows(parse_path(declared.path))
        return OutputReading("json", rows, None, value, labels=labels, whole=True)
    texts = [a.text for a in answers if a.text and a.text.strip()]
    found = [documents(text) for text in texts[:20]]
    parsed = [each[0] for each in found if each is not None and not _plain(each[0])]
    if len(parsed) * 2 <= len(texts[:20]):
        form = "csv" if kind == "multioutput" else "text"
        return OutputReading("csv" if form == "csv" else "text", labels=labels, whole=True)
    places = Counter(_place(kind, document) for document in parsed)
    rows, value = places.most_common(1)[0][0]
    return OutputReading("json", rows, None, value, labels=labels, whole=True)


def looks_like_text(answers: Sequence[Payload]) -> bool:
    """Whether most answers are sentences: the words of a model, not a label or a number."""
    texts = [a.text for a in answers if a.text and a.text.strip()][:20]
    sentences = 0
    for text in texts:
        found = documents(text)
        if found is None:
            words = max((len(cell.split()) for row in csv_rows(text) for cell in row), default=0)
            sentences += words >= 4 and not text.lstrip().startswith("<")
        elif isinstance(found[0], dict | list):
            value = _text_in(found[0])
            sentences += value is not None and len(value.split()) >= 4
    return bool(texts) and sentences * 10 >= 9 * len(texts)


def _place(kind: Kind, document: Any) -> tuple[Path, Path]:
    if kind == "text":
        path = next((p for p in TEXT_PATHS if _text_at(document, p) is not None), ())
        return (), path
    if kind == "json" or not isinstance(document, dict):
        nested = kind == "multioutput" and isinstance(document, list) and document
        if nested and isinstance(document[0], list | dict):
            return (None,), ()
        return (), ()
    key = next((k for k in LISTS[kind] if isinstance(document.get(k), list | dict)), None)
    if key is None:
        key = next((k for k, v in document.items() if isinstance(v, list)), None)
    if key is None:
        return (), ()
    value = document[key]
    if isinstance(value, list) and value and isinstance(value[0], list):
        return (key, None), ()
    return (), (key,)


def _text_in(document: Any) -> str | None:
    return next((t for p in TEXT_PATHS if (t := _text_at(document, p)) is not None), None)


def _text_at(document: Any, path: Path) -> str | None:
    for step in path:
        if isinstance(step, int):
            if not isinstance(document, list) or len(document) <= step:
                return None
            document = document[step]
        else:
            if not isinstance(document, dict) or step not in document:
                return None
            document = document[step]
    return document if isinstance(document, str) else None


def _plain(document: Any) -> bool:
    return not isinstance(document, dict | list)
