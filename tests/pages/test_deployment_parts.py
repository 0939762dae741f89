"""What stands on Deploy before anything is done: both sides, the difference, the checks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from actions.plans.promote import promote
from actions.plans.strategies import Strategy
from actions.steps import Change, Check, Plan
from pages.charts import rollout, theme
from pages.parts.deployment import checks, how, sides
from queries.live import Live
from tests.actions.plans import living
from tests.pages.test_pages import HOSTILE


def shadowed(instances: int = 4) -> Live:
    """An endpoint of so many instances, and what DescribeEndpoint says of them."""
    production = living.variant("AllTraffic", "fraud-1", InitialInstanceCount=instances)
    answer = {
        "ProductionVariants": [
            {"VariantName": "AllTraffic", "DesiredInstanceCount": instances, "DesiredWeight": 1.0}
        ],
        "ShadowProductionVariants": [{"VariantName": "Candidate", "DesiredInstanceCount": 1}],
    }
    return replace(living.live(production=[production]), endpoint_answer=answer)


def promotion(live: Live, strategy: Strategy | None = None) -> Plan:
    return promote(live, strategy or Strategy(), at=living.NOW)


def drawn(part: object, *arguments: object) -> AppTest:
    """What a part draws, by itself."""

    def page(part: object, arguments: tuple) -> None:
        part(*arguments)

    kwargs = {"part": part, "arguments": arguments}
    return AppTest.from_function(page, kwargs=kwargs, default_timeout=30).run()


def said(app: AppTest) -> str:
    """Everything written, without what keeps it from being read as Markdown."""
    kinds = (app.markdown, app.caption, app.error)
    text = "\n".join(str(element.value) for kind in kinds for element in kind)
    return re.sub(r"\\(.)", r"\1", text).replace("\u00a0", " ").replace("\u2060", "")


def test_both_sides_name_models_instances_and_traffic() -> None:
    """Left stands what runs, right what would: the shadow's model on production's instances."""
    live = shadowed()
    now, after = said(drawn(sides.now, live)), said(drawn(sides.after, promotion(live)))
    assert ":blue[●] AllTraffic: **fraud-1**" in now
    assert ":orange[◆] Candidate: **fraud-2**" in now
    assert "answers 100\u202f% of the requests" in now
    assert "sent copies of 100\u202f% of the requests" in now
    assert "4 × ml.m5.large" in now
    assert "fraud-2" in after
    assert "4 × ml.m5.large" in after
    assert "Candidate" not in after


def test_every_setting_is_shown_as_changed_or_as_kept() -> None:
    """Nothing of the config in force is missing from the page."""
    plan = promotion(shadowed())
    kept = {path for path, _ in sides.unchanged(plan)}
    changed = {change.path for change in plan.changes}
    leaves = {path for path, _ in sides.leaves(plan.now)}
    assert kept | changed >= leaves
    assert not kept & changed
    assert "ProductionVariants[AllTraffic].InitialInstanceCount" in kept
    assert "ProductionVariants[AllTraffic].ModelName" in changed


def test_a_variant_that_goes_is_one_line() -> None:
    """The shadow that is removed is named once, with what it was; what changed has both values."""
    text = said(drawn(sides.difference, promotion(shadowed())))
    assert "◆ Shadow Candidate" in text
    assert text.count("removed") == 1
    assert "ModelName: :red[fraud-1] → :green[fraud-2]" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_aws_are_shown_as_they_are(name: str) -> None:
    """An endpoint's name, a model's or a reason is text, never a link, an image or a heading."""
    live = replace(shadowed(), config_name=name, status=name)
    plan = replace(promotion(shadowed()), config_name=name, changes=(Change(name, name, name),))
    found = (Check("status", "blocked", name, name), Check("fine", "ok", name))
    for app in (
        drawn(sides.now, live),
        drawn(sides.after, plan),
        drawn(sides.difference, plan),
        drawn(checks.draw, found),
    ):
        assert not app.exception
        for element in (*app.markdown, *app.caption):
            assert not re.search(r"(?<!\\)<|(?<!\\)\]\(", element.value)


def test_what_is_in_the_way_comes_first_and_forbids() -> None:
    """Blocked, then what to know, each with its remedy; a warning forbids nothing."""
    found = (
        Check("alarms", "warn", "An alarm is not there.", "Make it."),
        Check("hours", "ok", "It is the time."),
        Check("status", "blocked", "It is being updated.", "Wait."),
        Check("owner", "unknown", "Who owns it is not known."),
    )
    text = said(drawn(checks.draw, found))
    assert text.index("It is being updated.") < text.index("An alarm is not there.")
    assert "Wait." in text
    assert checks.in_the_way(found) == "It is being updated."
    assert checks.in_the_way(found[:2]) is None


@pytest.mark.parametrize("kind", list(how.KINDS))
def test_the_picture_of_a_rollout_lasts_as_long_as_its_waits(kind: str) -> None:
    """The axis ends where the strategy's waits do, and the share ends at all."""
    strategy = Strategy(kind=kind, size=25)
    stages = how.stages(strategy, 4)
    assert sum(stage.s for stage in stages) == strategy.waits_s(4)
    assert stages[-1].share == 1
    shares = [stage.share for stage in stages]
    assert shares == sorted(shares)
    figure = rollout.planned(stages, theme.LIGHT).figure
    assert max(figure.data[0].x) == pytest.approx(strategy.waits_s(4) / 60)
    assert figure.data[0].y[-1] == 100
