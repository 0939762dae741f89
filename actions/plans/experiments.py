"""How is a running inference experiment ended, for the shadow or for production?

StopInferenceExperiment takes an action for each variant and the instances that are to serve
afterwards, as AWS's console does
(https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-complete.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.plans.differences import changes
from actions.plans.promote import Custom, Instances
from actions.plans.updating import accepted
from actions.steps import Call, Plan, Wait
from queries.errors import NotDone
from queries.live import Document, Live

_LONGEST_REASON = 1024
_NO_GUARD = (
    "AWS takes no canary and no alarms for this: the switch is made in one go, and nothing rolls "
    "it back by itself. A new endpoint config with a canary can do both."
)
_UNKNOWN = (
    "AWS chooses the name of the endpoint config; which name the promoted variant then has AWS "
    "does not document, and it was not verified. Autoscaling and callers that name the variant "
    "depend on it."
)


def complete(
    live: Live, *, promote: bool, reason: str, instances: Instances = "production"
) -> Plan:
    """End the experiment: the shadow takes production's place, or production stays as it is.

    ``instances`` are those that serve the promoted model: ``"production"``'s own, which AWS
    recommends, the ``"shadow"``'s, or others.

    Raises
    ------
    NotDone
        When no experiment runs, there is no reason, or the shadow's instances were not tried with
        all of the requests.
    """
    found = in_state(live, "Running")
    production, shadow = _variants(found)
    if not promote:
        return _stopped(live, found, reason, "Completed", _without_shadow(live.config), (), ())
    fleet = _chosen(found, instances)
    model = _variant(found, shadow)["ModelName"]
    desired = {
        "ModelName": model,
        "VariantName": shadow,
        "InfrastructureConfig": {
            "InfrastructureType": "RealTimeInference",
            "RealTimeInferenceConfig": {
                "InstanceType": fleet.instance_type,
                "InstanceCount": fleet.count,
            },
        },
    }
    after = _without_shadow(live.config)
    after["ProductionVariants"] = [
        {
            **variant,
            "ModelName": model,
            "InstanceType": fleet.instance_type,
            "InitialInstanceCount": fleet.count,
        }
        if variant["VariantName"] == production
        else variant
        for variant in after["ProductionVariants"]
    ]
    return _stopped(live, found, reason, "Completed", after, (desired,), (_NO_GUARD, _UNKNOWN))


def before(promotion: Plan, live: Live, *, reason: str) -> Plan:
    """A promotion to a config of our own, for which the experiment on the endpoint makes way.

    It is completed with production as it is, and the shadow is removed; then the promotion goes on.
    That way a canary and alarms are possible, which completing it for the shadow does not offer.

    Raises
    ------
    NotDone
        When no experiment runs, or there is no reason.
    """
    stopped = complete(live, promote=False, reason=reason)
    return replace(
        promotion,
        steps=(*stopped.steps, *promotion.steps),
        # between the two, the endpoint runs a config that AWS names; the audit knows it then
        previous="",
        notes=(
            "The experiment is completed first, with production as it is; AWS then puts the "
            "endpoint on a config that it names, to which a rollback of this promotion leads.",
            *promotion.notes,
        ),
    )


def cancel(live: Live, *, reason: str) -> Plan:
    """Call the experiment off: production stays as it is, and the shadow is removed.

    Raises
    ------
    NotDone
        When there is no experiment that has begun or is about to, or no reason.
    """
    found = in_state(live, "Running", "Created")
    after = _without_shadow(live.config)
    return _stopped(live, found, reason, "Cancelled", after, (), ())


def in_state(live: Live, *states: str) -> Document:
    """The experiment on the endpoint, which has to be in one of ``states``.

    Raises
    ------
    NotDone
        When there is none, or it is not.
    """
    found = live.experiment
    if found is None:
        raise NotDone(f"No inference experiment runs on {live.endpoint}.")
    if found["Status"] not in states:
        raise NotDone(
            f"The experiment {found['Name']} is {found['Status']}; this can be done while it is "
            f"{' or '.join(states)}."
        )
    return found


def _variants(found: Document) -> tuple[str, str]:
    """The names of the production and of the shadow variant."""
    mode = found["ShadowModeConfig"]
    shadow: str = mode["ShadowModelVariants"][0]["ShadowModelVariantName"]
    return mode["SourceModelVariantName"], shadow


def _variant(found: Document, name: str) -> Mapping[str, Any]:
    return next(each for each in found["ModelVariants"] if each["VariantName"] == name)


def _chosen(found: Document, instances: Instances) -> Custom:
    if isinstance(instances, Custom):
        return instances
    production, shadow = _variants(found)
    sampled = found["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"]
    if instances == "shadow" and sampled < 100:
        # the console offers this only then
        raise NotDone(
            f"The shadow's instances were sent {sampled} % of the requests: that they carry all of "
            "them is not known. Raise it to 100 % first, keep production's, or choose others."
        )
    about = _variant(found, shadow if instances == "shadow" else production)
    fleet = about["InfrastructureConfig"]["RealTimeInferenceConfig"]
    return Custom(fleet["InstanceType"], fleet["InstanceCount"])


def _stopped(
    live: Live,
    found: Document,
    reason: str,
    state: str,
    after: Document,
    desired: tuple[Mapping[str, Any], ...],
    notes: tuple[str, ...],
) -> Plan:
    why = " ".join(reason.split())
    if not 1 <= len(why) <= _LONGEST_REASON:
        raise NotDone(
            f"The experiment keeps the reason: 1 to {_LONGEST_REASON:,} characters, not "
            f"{len(why):,}."
        )
    production, shadow = _variants(found)
    promoted = bool(desired)
    parameters: dict[str, Any] = {
        "Name": found["Name"],
        "ModelVariantActions": {
            production: "Remove" if promoted else "Retain",
            shadow: "Promote" if promoted else "Remove",
        },
        "DesiredState": state,
        "Reason": why,
    }
    if desired:
        parameters["DesiredModelVariants"] = list(desired)
    what = (
        f"{shadow} takes the place of {production}" if promoted else f"{production} stays as it is"
    )
    ended = "Completes" if state == "Completed" else "Cancels"
    return Plan(
        action="complete_experiment" if state == "Completed" else "cancel_experiment",
        target=live.endpoint,
        fingerprint=live.fingerprint,
        steps=accepted(
            (
                Call(
                    "sagemaker",
                    "StopInferenceExperiment",
                    parameters,
                    f"{ended} the experiment {found['Name']}: {what}.",
                ),
                # the config is AWS's own, so that its name is not known before
                Wait(
                    "settled", live.endpoint, purpose=f"Until {live.endpoint} is in service again."
                ),
            )
        ),
        now=live.config,
        after=after,
        changes=changes(live.config, after),
        previous=live.config_name,
        notes=notes,
    )


def _without_shadow(config: Document) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != "ShadowProductionVariants"}
