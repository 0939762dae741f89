"""What is said of a shadow test as SageMaker knows it?"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from pages.parts import escape, format, selection, states
from queries import cached
from queries.aws import is_named
from queries.errors import AwsError

if TYPE_CHECKING:
    from queries.config import Test
    from queries.discovery import Discovered
    from queries.sagemaker import Variant

COLUMNS = 3
# Colours of either theme: the browser's own blue is hardly seen on the dark one.
_LIKE_A_BUTTON = (
    "display:block;padding:.4rem .75rem;text-align:center;text-decoration:none;color:inherit;"
    "border:1px solid rgba(128,128,128,.4);border-radius:.5rem"
)
STATES = {
    "Running": ("green", "running"),
    "InService": ("green", "in service"),
    "Completed": ("blue", "completed"),
    "Cancelled": ("orange", "cancelled"),
}


def badge(found: Discovered | None) -> None:
    """Draw the state of a test in AWS's word; one that SageMaker does not know is configured."""
    if found is None:
        st.badge("configured only", color="gray")
        return
    colour, word = STATES.get(found.state, ("gray", found.state))
    st.badge(word, color=colour)  # type: ignore[arg-type] # streamlit's own literal


def link(name: str) -> str:
    """Give a link that opens a test in this tab, as HTML.

    Streamlit cannot change the page and a choice that is bound to the address in one step.
    """
    address = html.escape(urlencode({"test": name}))
    return f'<a href="./?{address}" style="{_LIKE_A_BUTTON}">Open →</a>'


def of_chosen() -> None:
    """Draw what SageMaker knows of the chosen test; a refusal is told here and nowhere else."""
    config = cached.account()
    test = selection.test_of(config)
    if not is_named(config.aws):
        states.nothing("SageMaker is not asked.", "Name a `region` in [aws].")
        return
    try:
        found = cached.discovery().of(test)
    except AwsError as error:
        states.failed(error, what="the test in SageMaker")
        return
    if found is None:
        states.nothing(
            "SageMaker does not know this test.",
            "It lists no experiment and no endpoint with a shadow variant that fits it.",
        )
        return
    badge(found)
    draw(test, found)


def facts(test: Test, found: Discovered | None) -> list[tuple[str, str]]:
    """Give name and value of all that is known of a test, in the order of reading."""
    rows: list[tuple[str, str]] = []
    if found is not None:
        kind = "inference experiment" if found.source == "experiment" else "endpoint with a shadow"
        rows.append(("In SageMaker", f"{kind} {found.name}"))
        if found.left is not None:
            rows.append(("Ends by itself", _left(found)))
        rows += [
            ("Production", _variant(found.production, test.production)),
            ("Shadow", _variant(found.shadow, test.shadow)),
            ("Requests captured", _captured(found)),
            ("Requests copied", _percent(found.shadow_percent)),
        ]
    else:
        rows += [("Production", test.production or "—"), ("Shadow", test.shadow or "—")]
    if test.endpoint:
        rows.append(("Endpoint", test.endpoint))
    rows.append(("Log" if test.log else "Captures", test.source or "not known"))
    if test.start or test.end:
        ends = [format.moment(each) if each else "…" for each in (test.start, test.end)]
        rows.append(("Time of the test", " to ".join(ends)))
    return rows


def draw(test: Test, found: Discovered | None) -> None:
    """Draw the facts in columns, and each warning as a sentence."""
    rows = facts(test, found)
    deep = -(-len(rows) // COLUMNS)
    for at, cell in enumerate(st.columns(COLUMNS)):
        part = rows[at * deep : (at + 1) * deep]
        lines = [
            f":small[{name}  \n**{escape.markdown(said, length=200)}**]" for name, said in part
        ]
        cell.markdown("\n\n".join(lines))
    if found is not None and found.warnings:
        lines = [escape.markdown(warning, length=600) for warning in found.warnings]
        st.warning("  \n".join(lines), icon=":material/warning:")


def _left(found: Discovered) -> str:
    if found.left is None or found.end is None:
        return "—"
    seconds = found.left.total_seconds()
    when = format.moment(found.end)
    if seconds <= 0:
        return f"{when}, now"
    return f"{when}, in {format.duration(seconds)}"


def _variant(found: Variant | None, name: str) -> str:
    if found is None:
        return name or "—"
    fleet = f"{found.instances or '?'} × {found.instance_type}" if found.instance_type else ""
    return " · ".join(part for part in (found.name, found.model or "", fleet) if part)


def _captured(found: Discovered) -> str:
    if found.capture_percent is None and found.captures and found.source == "experiment":
        return "those of the experiment"
    return _percent(found.capture_percent)


def _percent(value: float | None) -> str:
    return "not stated" if value is None else format.percent(value / 100, decimals=0)
