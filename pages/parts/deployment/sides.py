"""What runs now, what would run after, and what is different?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import escape, format, tables

if TYPE_CHECKING:
    from actions.steps import Change, Plan
    from queries.live import Live, LiveVariant

STATUS_COLOURS = {"InService": "green", "Failed": "red", "UpdateRollbackFailed": "red"}
WHOLE_CONFIG = "Whole config"


def now(live: Live) -> None:
    """Draw the endpoint as it runs."""
    colour = STATUS_COLOURS.get(live.status, "orange")
    st.markdown(
        f"**What runs now** &nbsp; :{colour}-badge[{escape.markdown(live.status)}]",
    )
    _named(live.config_name, f"since {_age(live.modified, live.at)}")
    st.markdown("\n\n".join(_running(each, live) for each in live.variants))


def after(plan: Plan) -> None:
    """Draw the endpoint as the plan would leave it."""
    st.markdown("**After it** &nbsp; :blue-badge[planned]")
    _named(plan.config_name, "new, made by this plan" if _creates(plan) else "as it is there")
    variants = [
        *_variants(plan.after, "ProductionVariants", shadow=False),
        *_variants(plan.after, "ShadowProductionVariants", shadow=True),
    ]
    if not variants:
        st.caption("What it looks like then is decided by AWS.")
        return
    st.markdown("\n\n".join(variants))


def difference(plan: Plan) -> None:
    """Draw what changes, by variant; what stays as it is is folded away."""
    st.markdown(f"**What changes** &nbsp; :gray-badge[{len(plan.changes)}]")
    if not plan.changes:
        st.caption("Nothing in the endpoint's config.")
    for where, changes in _grouped(plan.changes).items():
        st.markdown(_group(where, changes))
    same = unchanged(plan)
    if same:
        with st.expander(f"{len(same):,} settings stay as they are"):
            st.markdown(
                tables.markdown(
                    tables.Table(tables.columns("Setting", "Value"), tuple(same), (), ())
                )
            )


def _named(config: str, more: str) -> None:
    st.caption(f"Config **{escape.markdown(config or 'named by AWS')}**  \n{more}")


def _creates(plan: Plan) -> bool:
    return any(call.operation == "CreateEndpointConfig" for call in plan.calls)


def _running(variant: LiveVariant, live: Live) -> str:
    return _variant(
        variant.name,
        variant.model,
        _fleet(variant.instances, variant.instance_type, wanted=variant.desired_instances),
        _share(variant.weight, live.variants, shadow=variant.shadow),
        shadow=variant.shadow,
    )


def _variant(name: str, model: str, fleet: str, share: str, *, shadow: bool) -> str:
    sign = ":orange[◆]" if shadow else ":blue[●]"
    return (
        f"{sign} {escape.markdown(name)}: **{escape.markdown(model or 'no model of its own')}**  \n"
        f":small[{escape.markdown(fleet)} · {escape.markdown(share)}]"
    )


def _share(weight: float, all_of_them: Sequence[LiveVariant], *, shadow: bool) -> str:
    if shadow:
        return f"sent copies of {weight:.4g}{format.THIN_SPACE}% of the requests"
    total = sum(each.weight for each in all_of_them if not each.shadow)
    return _answers(weight / total if total else math.nan)


def _answers(share: float) -> str:
    return f"answers {format.percent(share, decimals=0)} of the requests"


def _fleet(count: int, kind: str, *, wanted: int | None = None) -> str:
    if not kind:
        return "serverless"
    scaling = f" (of {wanted:,})" if wanted not in (None, count) else ""
    return f"{count:,} × {kind}{scaling}"


def _variants(config: Mapping[str, Any], key: str, *, shadow: bool) -> list[str]:
    found = config.get(key) or ()
    total = sum(each.get("InitialVariantWeight", 1.0) for each in found)
    return [
        _variant(
            str(each.get("VariantName", "")),
            str(each.get("ModelName", "")),
            _fleet(each.get("InitialInstanceCount", 0), str(each.get("InstanceType", ""))),
            "sent copies of requests"
            if shadow
            else _answers(each.get("InitialVariantWeight", 1.0) / total if total else math.nan),
            shadow=shadow,
        )
        for each in found
    ]


def _grouped(changes: Sequence[Change]) -> dict[str, list[tuple[str, Change]]]:
    """Changes by what they are about: ``ProductionVariants[AllTraffic].ModelName`` by variant."""
    groups: dict[str, list[tuple[str, Change]]] = {}
    for change in changes:
        head, dot, rest = change.path.partition("].")
        model, colon, member = change.path.partition(": ")
        if dot:
            where, name = f"{head}]", rest
        else:
            where, name = (model, member) if colon else (WHOLE_CONFIG, change.path)
        groups.setdefault(where, []).append((name, change))
    return groups


def _group(where: str, changes: Sequence[tuple[str, Change]]) -> str:
    head = f":gray[{escape.markdown(_heading(where))}]"
    for side, sign in (("after", ":red[− removed]"), ("before", ":green[+ added]")):
        if where != WHOLE_CONFIG and not any(getattr(each, side) for _, each in changes):
            values = ", ".join(
                f"{escape.markdown(name)} {escape.markdown(each.before or each.after, length=80)}"
                for name, each in changes
            )
            return f"{head} {sign}  \n:small[:gray[{values}]]"
    return "  \n".join([head, *(_changed(name, each) for name, each in changes)])


def _heading(where: str) -> str:
    for key, name in (("ShadowProductionVariants[", "◆ Shadow"), ("ProductionVariants[", "●")):
        if where.startswith(key):
            return f"{name} {where.removeprefix(key).removesuffix(']')}"
    return where


def _changed(name: str, change: Change) -> str:
    before = f":red[{escape.markdown(change.before)}]" if change.before else ":red[none]"
    after_it = f":green[{escape.markdown(change.after)}]" if change.after else ":green[none]"
    return f"{escape.markdown(name)}: {before} → {after_it}"


def unchanged(plan: Plan) -> list[tuple[str, str]]:
    """Every setting of the config in force that the plan keeps, with its value."""
    after_it = dict(leaves(plan.after))
    return [(path, value) for path, value in leaves(plan.now) if after_it.get(path) == value]


def leaves(document: Any, path: str = "") -> list[tuple[str, str]]:
    """Every value of a document with its path, variants by their names."""
    if isinstance(document, Mapping):
        return [
            line
            for key, value in document.items()
            for line in leaves(value, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(document, Sequence) and not isinstance(document, str):
        return [
            line
            for number, value in enumerate(document)
            for line in leaves(value, f"{path}[{_name_of(value, number)}]")
        ]
    return [(path, str(document))]


def _name_of(value: Any, number: int) -> str:
    if isinstance(value, Mapping):
        return str(value.get("VariantName", number))
    return str(number)


def _age(since: datetime, at: datetime) -> str:
    age = (at.astimezone(UTC) - since.astimezone(UTC)).total_seconds()
    return f"{format.moment(since)} ({format.duration(max(age, 0))} ago)"
