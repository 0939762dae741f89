"""Which requests are looked at, when the address says ``where``?

A filter is conditions joined by ``and``, each a name, a comparison and its value::

    amount >= 900 and country in ("BR", "AR") and hour = 14 and f3 is missing

Names are those of the test's dimensions and values are bound as parameters: no part of a filter's
text ever becomes part of a statement.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.conditions import Condition, Filter, Operator, Value
from queries.dimensions import RESERVED, WEEKDAYS, dimensions_of
from queries.errors import QuestionError
from queries.reading import as_label

if TYPE_CHECKING:
    from queries.dimensions import Dimension
    from queries.reading import Reading

LONGEST = 4_000
MOST_CONDITIONS = 40

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>`(?:[^`]|``)*`)
      | (?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
      | (?P<sign><=|>=|!=|<>|==|=|<|>)
      | (?P<mark>[(),])
      | (?P<word>[^\s"'`(),=<>!]+)
    )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_SIGNS: dict[str, Operator] = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_COMPARISONS = "=, !=, <, <=, >, >=, in (…), not in (…), is missing or is not missing"


def parse(text: str, reading: Reading) -> Filter:
    """Read a filter of the requests of a test.

    Raises
    ------
    QuestionError
        When the text is no filter, or names what the requests of this test do not have.
    """
    if len(text) > LONGEST:
        raise QuestionError(f"A filter has at most {LONGEST:,} characters; this has {len(text):,}.")
    conditions = tuple(dict.fromkeys(_Parser(text, dimensions_of(reading)).conditions()))
    if len(conditions) > MOST_CONDITIONS:
        raise QuestionError(f"A filter has at most {MOST_CONDITIONS} conditions.")
    return Filter(conditions)


def joined(first: str, second: str) -> str:
    """A filter that asks for what both ask for."""
    return " and ".join(part for part in (first, second) if part)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "word" else ""


class _Parser:
    def __init__(self, text: str, dimensions: Sequence[Dimension]) -> None:
        self._text = text
        self._dimensions = dimensions
        self._tokens = list(_tokens(text))
        self._at = 0

    def conditions(self) -> Iterator[Condition]:
        yield self._condition()
        while self._next.kind != "end":
            if self._next.word == "or":
                raise QuestionError(
                    "A filter joins its conditions by and, not by or; for several values of one "
                    'name write in, as in country in ("BR", "AR").'
                )
            if self._next.word != "and":
                raise self._fault("after a condition comes and, or nothing")
            self._at += 1
            yield self._condition()

    def _condition(self) -> Condition:
        dimension = self._dimension()
        operator = self._operator(dimension)
        if operator in ("is missing", "is not missing"):
            return Condition(dimension, operator)
        if operator in ("in", "not in"):
            values = tuple(dict.fromkeys(self._list(dimension)))
            if len(values) == 1:
                operator = "=" if operator == "in" else "!="
            return Condition(dimension, operator, values)
        return Condition(dimension, operator, (self._value(dimension),))

    def _dimension(self) -> Dimension:
        token = self._take()
        quoted = token.kind == "name"
        if not quoted and (token.kind != "word" or token.word in RESERVED):
            raise self._fault("a condition begins with a name", token)
        name = token.text[1:-1].replace("``", "`") if quoted else token.text
        found = [
            dimension
            for dimension in self._dimensions
            if dimension.name == name and (dimension.about == "feature" or not quoted)
        ]
        if not found:
            raise QuestionError(self._unknown(name))
        # a bare name means the built-in dimension, should a feature be called the same
        return next((each for each in found if each.about != "feature"), found[0])

    def _unknown(self, name: str) -> str:
        known = {dimension.name.lower(): dimension.written for dimension in self._dimensions}
        close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.65)
        if close:
            meant = f"Did you mean {' or '.join(known[each] for each in close)}?"
        else:
            shown = list(known.values())
            rest = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
            meant = f"There are {', '.join(shown[:8])}{rest}."
        return f"The requests of this test have no {name!r} to filter by. {meant}"

    def _operator(self, dimension: Dimension) -> Operator:
        token = self._take()
        if token.kind == "sign":
            operator = _SIGNS[token.text]
            if operator in ("=", "!=") or dimension.numeric:
                return operator
            raise QuestionError(
                f"{dimension.written} holds text, which is not larger or smaller than another; "
                "compare it by =, != or in (…)."
            )
        following = self._next.word
        if token.word == "in":
            return "in"
        if token.word == "not" and following == "in":
            self._at += 1
            return "not in"
        if token.word == "is" and following == "not":
            self._at += 1
            following = self._next.word
            self._missing(following)
            return "is not missing"
        if token.word == "is":
            self._missing(following)
            return "is missing"
        raise self._fault(f"after {dimension.written} comes {_COMPARISONS}", token)

    def _missing(self, following: str) -> None:
        if following not in ("missing", "null"):
            raise self._fault("after is comes missing or not missing")
        self._at += 1

    def _list(self, dimension: Dimension) -> Iterator[Value]:
        if self._take().text != "(":
            raise self._fault(
                f'after in comes a list, as in {dimension.written} in ("a", "b")', back=True
            )
        yield self._value(dimension)
        while (token := self._take()).text == "," and token.kind == "mark":
            yield self._value(dimension)
        if token.kind != "mark" or token.text != ")":
            raise self._fault("a list ends with )", token)

    def _value(self, dimension: Dimension) -> Value:
        token = self._take()
        if token.kind == "text":
            mark = token.text[0]
            text = token.text[1:-1].replace(mark * 2, mark)
        elif token.kind == "word" and token.word not in RESERVED:
            text = token.text
        else:
            raise self._fault(
                f"a value is missing after {dimension.written}"
                if token.word not in ("missing", "null")
                else f"write {dimension.written} is missing",
                token,
            )
        return _value_of(text, dimension)

    @property
    def _next(self) -> _Token:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _fault(
        self, what: str, token: _Token | None = None, *, back: bool = False
    ) -> QuestionError:
        if back:
            token = self._tokens[min(self._at, len(self._tokens)) - 1]
        token = token or self._next
        where = f"at “{self._text[token.at :][:30]}”" if token.kind != "end" else "at its end"
        return QuestionError(
            f"The filter cannot be read {where}: {what}. Write, for instance, {self._example()}."
        )

    def _example(self) -> str:
        first = next((d for d in self._dimensions if d.numeric), None)
        return f'{first.written} >= 10 and weekday = "Monday"' if first else "hour = 14"


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            rest = text[at:].lstrip()
            why = "a quote is opened and not closed" if rest[:1] in "\"'`" else "no such sign"
            raise QuestionError(f"The filter cannot be read at “{rest[:30]}”: {why}.")
        yield _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        at = match.end()
    yield _Token("end", "", end)


def _value_of(text: str, dimension: Dimension) -> Value:
    """A value as the column holds it: a number, a label as the readers write it, a weekday."""
    if dimension.numeric:
        if not _NUMBER.fullmatch(text) or abs(float(text)) == float("inf"):
            raise QuestionError(f"{dimension.written} is a number; {text!r} is none.")
        return float(text)
    if dimension.kind == "weekday":
        day = next((day for day in WEEKDAYS if day.lower() == text.lower()), None)
        if day is None:
            raise QuestionError(f"{text!r} is no weekday; write one of {', '.join(WEEKDAYS)}.")
        return day
    # as the captures are read: 7, 7.0 and "7" are one category
    label = as_label(text) if dimension.about != "request" else text
    if not label:
        raise QuestionError(
            f"An empty text is no value of {dimension.written}; "
            f"write {dimension.written} is missing."
        )
    return label
