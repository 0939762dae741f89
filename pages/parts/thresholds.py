"""By which settings are the rules judged on this screen, and which of them were changed here?

What is changed here is the session's, over what is configured, and stands in the address
(``?rules=Overfit.patience:3``): what is on the screen can be sent on. Nothing is written anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import streamlit as st

from analysis.training.catalogue import RULES
from pages.parts import escape
from queries import cached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.training.findings import Parameter, Rule, Setting

IN_ADDRESS, CHANGED, OPEN = "rules", "changed_rules", "open_rule"
Changes = dict[str, dict[str, "Setting"]]


@dataclass(frozen=True, slots=True)
class Changed:
    """One setting that was changed on this screen."""

    rule: str
    parameter: str
    value: Setting
    configured: Setting


def in_force() -> Changes:
    """Give what is set of the rules: the configuration's, and over it what was changed here."""
    if CHANGED not in st.session_state:
        st.session_state[CHANGED] = _parsed(st.query_params.get(IN_ADDRESS, ""))
    mine: Changes = st.session_state[CHANGED]
    if mine:
        st.query_params[IN_ADDRESS] = _written(mine)
    else:
        st.query_params.pop(IN_ADDRESS, None)
    configured = cached.configured().rules
    return {
        rule: {**configured.get(rule, {}), **mine.get(rule, {})} for rule in {*configured, *mine}
    }


def changed() -> tuple[Changed, ...]:
    """Give what was changed on this screen, rule by rule."""
    mine: Changes = st.session_state.get(CHANGED, {})
    return tuple(
        Changed(rule, name, value, _configured(RULES[rule])[name])
        for rule, values in mine.items()
        for name, value in values.items()
    )


def note() -> None:
    """Say what was changed on this screen, and offer to go back to what is configured."""
    found = changed()
    if not found:
        return
    listed = "; ".join(
        f"**{each.rule}** {escape.markdown(each.parameter)} = {_shown(each.value)} "
        f"(configured: {_shown(each.configured)})"
        for each in found
    )
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/tune: Changed on this screen, and only here: {listed}.", width="stretch"
        )
        st.button(
            "Back to the configured settings",
            key="reset_rules",
            icon=":material/undo:",
            on_click=_reset,
        )


def button(rule: str) -> None:
    """Offer to change the settings of a rule, where it has any."""
    known = RULES.get(rule)
    if known is None or not known.parameters:
        return
    mine = rule in st.session_state.get(CHANGED, {})
    st.button(
        "Changed here" if mine else "Settings",
        key=f"settings_{rule}",
        icon=":material/tune:",
        type="tertiary",
        help=f"Change what {rule} asks, on this screen only.",
        on_click=_open,
        args=(rule,),
    )


def show() -> None:
    """Draw the drawer where a rule's settings are open."""
    if st.session_state.get(OPEN) in RULES:
        _drawer()


def _open(rule: str) -> None:
    st.session_state[OPEN] = rule


def _closed() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Settings of a rule", position="right", on_dismiss=_closed)
def _drawer() -> None:
    rule = RULES[st.session_state[OPEN]]
    st.subheader(rule.name, anchor=False)
    st.caption(
        f"{rule.question} What is changed here holds for this screen, and for whoever gets its "
        f"address. To change it for all, set it under `[rules.{rule.name}]` in understudy.toml."
    )
    configured = _configured(rule)
    now = {**configured, **st.session_state.get(CHANGED, {}).get(rule.name, {})}
    with st.form(f"form_{rule.name}", border=False):
        for parameter in rule.parameters:
            _field(rule, parameter, now[parameter.name], configured[parameter.name])
        st.form_submit_button(
            "Judge by these", type="primary", on_click=_keep, args=(rule.name,), width="stretch"
        )
    st.button(
        "Back to the configured settings",
        key="reset_rule",
        icon=":material/undo:",
        type="tertiary",
        on_click=_reset,
        args=(rule.name,),
        disabled=rule.name not in st.session_state.get(CHANGED, {}),
    )


def _field(rule: Rule, parameter: Parameter, now: Setting, configured: Setting) -> None:
    key = _key(rule.name, parameter.name)
    unit = f", {parameter.unit}" if parameter.unit else ""
    label = f"{parameter.name}{unit}"
    meaning = escape.markdown(parameter.meaning[:1].upper() + parameter.meaning[1:])
    kind = type(parameter.default)
    if kind is bool:
        st.toggle(label, value=bool(now), key=key)
    elif kind is int:
        st.number_input(
            label,
            value=int(now),
            min_value=None if parameter.low is None else math.ceil(parameter.low),
            max_value=None if parameter.high is None else math.floor(parameter.high),
            key=key,
        )
    else:
        # numbers as small as 1e-7 are typed as they are said, which no number field allows
        st.text_input(label, value=_plain(now), key=key)
    st.caption(f"{meaning}. Configured: {_shown(configured)}.")


def _keep(rule: str) -> None:
    """Remember what was typed; a setting that cannot be is told, and nothing changes."""
    given: dict[str, Setting] = {}
    configured = _configured(RULES[rule])
    for parameter in RULES[rule].parameters:
        typed = st.session_state[_key(rule, parameter.name)]
        value = _value(parameter, str(typed))
        if value is None:
            st.toast(f"{parameter.name}: {escape.markdown(_refused(parameter, str(typed)))}")
            return
        if value != configured[parameter.name]:
            given[parameter.name] = value
    mine: Changes = {**st.session_state.get(CHANGED, {})}
    mine.pop(rule, None)
    st.session_state[CHANGED] = {**mine, rule: given} if given else mine
    _closed()


def _reset(rule: str | None = None) -> None:
    mine: Changes = st.session_state.get(CHANGED, {})
    kept = {} if rule is None else {name: each for name, each in mine.items() if name != rule}
    st.session_state[CHANGED] = kept
    _closed()


def _configured(rule: Rule) -> dict[str, Setting]:
    given = cached.configured().rules.get(rule.name, {})
    return {each.name: given.get(each.name, each.default) for each in rule.parameters}


def _key(rule: str, parameter: str) -> str:
    return f"{rule}.{parameter}"


def _value(parameter: Parameter, text: str) -> Setting | None:
    """A text as the parameter's value; None where it is none, or lies outside its bounds."""
    kind = type(parameter.default)
    if kind is str:
        return text
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower())
    try:
        number = int(text) if kind is int else float(text.replace("−", "-"))
    except ValueError:
        return None
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    return number if math.isfinite(number) and low <= number <= high else None


def _refused(parameter: Parameter, text: str) -> str:
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", parameter.low), ("at most", parameter.high))
        if bound is not None
    ]
    return f"“{text}” is no number{' that is ' + ' and '.join(bounds) if bounds else ''}."


def _plain(value: Setting) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _shown(value: Setting) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape.markdown(_plain(value)) if value != "" else "none"


def _written(mine: Changes) -> str:
    return ";".join(
        f"{rule}.{name}:{quote(_plain(value), safe='.')}"
        for rule, values in mine.items()
        for name, value in values.items()
    )


def _parsed(text: str) -> Changes:
    """Read the address; what names no setting of a rule, or cannot be its value, is left out."""
    found: Changes = {}
    for rule, name, value in _parts(text):
        known = RULES.get(rule)
        parameter = next((p for p in known.parameters if p.name == name), None) if known else None
        given = _value(parameter, value) if parameter is not None else None
        if given is not None:
            found.setdefault(rule, {})[name] = given
    return found


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    for each in text.split(";"):
        place, _, value = each.partition(":")
        rule, _, name = place.partition(".")
        yield rule, name, unquote(value)
