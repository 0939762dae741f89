"""How does captured text reach the screen without being read as Markdown, HTML or a formula?

Everything a model received or answered is somebody else's text. Streamlit renders labels, table
cells and captions as Markdown, Plotly reads ``<b>`` and ``<a>`` in its labels, a spreadsheet runs a
cell that starts with ``=``: each border has its own function here, and nothing captured crosses one
without it.
"""

from __future__ import annotations

import html
import re
import unicodedata

# The full-width signs start a formula too where the spreadsheet runs in Japanese or Chinese.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
WORD_JOINER = "\u2060"
# Persian and Indic words and many emoji are written with these two; they change no direction.
SHAPES_LETTERS = "\u200c\u200d"

_MARKDOWN_SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")
# Links, e-mail addresses and :shortcodes: are recognised after backslashes are gone: an invisible
# character inside them is the only escape that survives.
_AFTER_PARSING = re.compile(
    r"(?<=:)(?=(?:\d*[a-z_][\w+\-/]*|[+\-]1|100|1234):)"
    r"|(?<=http:)|(?<=https:)|(?<=www)(?=\.)|(?<=@)(?=\w)",
    re.IGNORECASE,
)
# Between two backticks; what could end the mark-up around it is shown without.
_CODE = re.compile(r"`([^`]+)`")
_HARMLESS_CODE = re.compile(r"[\w .,;=/*'\"–…-]+")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d[\d,]*)?\.?\d+([eE][+-]?\d+)?")


def visible(text: str) -> str:
    """Give ``text`` on one line, with control and direction-changing characters made visible.

    A line break in a label would end a Markdown table; U+202E would show the rest of it backwards.
    """
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\r":
        return "⏎"
    if character == "\t":
        return "⇥"
    if character in SHAPES_LETTERS:
        return character
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return "\ufffd"
    return character


def clip(text: str, length: int = 40) -> str:
    """Cut ``text`` to at most ``length`` characters, an ellipsis included."""
    return text if len(text) <= length else text[: length - 1] + "…"


def clip_left(text: str, length: int) -> str:
    """Cut ``text`` from its front: of a file's name the end tells files apart."""
    return text if len(text) <= length else "…" + text[len(text) - length + 1 :]


def markdown(text: str, *, length: int = 200) -> str:
    """Give ``text`` so that Streamlit's Markdown shows exactly its characters."""
    shown = _AFTER_PARSING.sub(WORD_JOINER, clip(visible(text), length))
    return _MARKDOWN_SPECIAL.sub(r"\\\1", shown)


def sentence(text: str, *, length: int = 600) -> str:
    """Give a sentence of ours, which may hold captured text, with keys in backticks shown as code.

    All else is shown to the letter, as ``markdown`` does.
    """
    parts = _CODE.split(clip(visible(text), length))
    return "".join(
        f"`{part}`"
        if number % 2 and _HARMLESS_CODE.fullmatch(part)
        else markdown(part, length=length)
        for number, part in enumerate(parts)
    )


def plotly(text: str, *, length: int = 40) -> str:
    """Give ``text`` for a tick, a label or a hover: Plotly reads a few HTML tags in them."""
    return html.escape(clip(visible(text), length), quote=False)


def csv_cell(value: object) -> object:
    """Give ``value`` for a CSV file: text a spreadsheet would run gets a leading apostrophe.

    Numbers stay numbers, negative ones and those written as text too: ``-0.5`` is no formula.
    """
    if not isinstance(value, str):
        return value
    if value.startswith(FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(value):
        return "'" + value
    return value
