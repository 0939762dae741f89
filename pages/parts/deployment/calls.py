"""What exactly will be asked of AWS, and how is the same done without this page?"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from actions import exports
from actions.steps import Call, Rehearsal, Wait
from pages.parts import escape

if TYPE_CHECKING:
    from actions.steps import Plan, Step

FORMS = (
    ("boto3", exports.boto3, "python", "py"),
    ("AWS CLI", exports.aws_cli, "bash", "sh"),
    ("Terraform", exports.terraform, "hcl", "tf"),
    ("CloudFormation", exports.cloudformation, "yaml", "yaml"),
)


def draw(plan: Plan) -> None:
    """Draw the requests of a plan to the letter, and the same as code to copy or download."""
    tabs = st.tabs(["Dry run", *(name for name, *_ in FORMS)])
    with tabs[0]:
        st.caption(
            f"{len(plan.calls)} requests, in this order and exactly so. Nothing was sent yet."
        )
        for number, step in enumerate(plan.steps, start=1):
            _step(number, step)
    for tab, (name, write, language, ending) in zip(tabs[1:], FORMS, strict=True):
        with tab:
            text = write(plan)
            st.code(text, language=language, height=380)
            st.download_button(
                f"Download for {name}",
                data=text,
                file_name=f"{plan.target}-{plan.action}.{ending}",
                mime="text/plain",
                key=f"calls_{ending}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )


def as_json(call: Call) -> str:
    """Write the parameters of a call as JSON; times are ISO 8601."""

    def text(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    return json.dumps(call.parameters, indent=2, ensure_ascii=False, default=text)


def _step(number: int, step: Step) -> None:
    match step:
        case Call():
            name = escape.markdown(f"{step.service}.{step.operation}")
            st.markdown(f"**{number}. {name}** — {escape.markdown(step.purpose, length=400)}")
            st.code(as_json(step), language="json")
        case Wait():
            until = (
                f"until {step.target} is gone"
                if step.until == "gone"
                else f"until {step.target} is InService with {step.wanted} and nothing pending"
            )
            said = f"{until}. {step.purpose}".strip()
            st.markdown(f"**{number}. Wait** {escape.markdown(said, length=400)}")
        case Rehearsal():
            said = (
                f"{step.requests:,} captured requests to {step.target}; at least "
                f"{100 * step.least:.4g} % of the answers must be production's. {step.purpose}"
            )
            st.markdown(f"**{number}. Rehearse:** {escape.markdown(said.strip(), length=400)}")
