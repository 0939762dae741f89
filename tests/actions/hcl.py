"""As much of Terraform's language as is needed to read back what is written in it."""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*\s*)*(?:
    (?P<string>"(?:[^"\\]|\\.)*")|
    (?P<number>-?[0-9][0-9.e+-]*)|
    (?P<name>[A-Za-z_][\w.-]*)|
    (?P<sign>[{}\[\]=,])
    )""",
    re.VERBOSE,
)
_UNKNOWN_ESCAPE = re.compile(r'(?<!\\)(?:\\\\)*\\[^nrt"\\uU]')


class Reference(str):
    """A name that stands for another resource's attribute."""


def parse(text: str) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """The blocks of a file: type and labels, then arguments; a repeated block is a list."""
    tokens = _tokens(text)
    blocks = []
    while tokens:
        head = [tokens.pop(0)[1]]
        while tokens[0][0] == "string":
            head.append(_string(tokens.pop(0)[1]))
        blocks.append((tuple(head), _body(tokens)))
    return blocks


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip() and not re.fullmatch(r"\s*(#[^\n]*\s*)*", text[at:]):
        match = _TOKEN.match(text, at)
        assert match, f"not read: {text[at : at + 40]!r}"
        assert match.lastgroup
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _body(tokens: list[tuple[str, str]]) -> dict[str, Any]:
    assert tokens.pop(0) == ("sign", "{")
    body: dict[str, Any] = {}
    while tokens[0] != ("sign", "}"):
        kind, name = tokens.pop(0)
        name = _string(name) if kind == "string" else name
        if tokens[0] == ("sign", "="):
            tokens.pop(0)
            assert name not in body, f"{name} is given twice"
            body[name] = _value(tokens)
        else:
            body.setdefault(name, []).append(_body(tokens))
    tokens.pop(0)
    return body


def _value(tokens: list[tuple[str, str]]) -> Any:
    kind, text = tokens[0]
    if text == "{":
        return _body(tokens)
    tokens.pop(0)
    if kind == "string":
        return _string(text)
    if text == "[":
        members = []
        while tokens[0] != ("sign", "]"):
            members.append(_value(tokens))
            if tokens[0] == ("sign", ","):
                tokens.pop(0)
        tokens.pop(0)
        return members
    if kind == "number" or text in ("true", "false"):
        return json.loads(text)
    return Reference(text)


def _string(text: str) -> str:
    """https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences."""
    assert not _UNKNOWN_ESCAPE.search(text), f"an escape that Terraform has not: {text}"
    value: str = json.loads(text)
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", value), f"a template begins: {text}"
    return value.replace("$${", "${").replace("%%{", "%{")
