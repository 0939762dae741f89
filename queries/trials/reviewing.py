"""What does one training come to, read and judged whole: as a pipeline or a verdict asks for it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from queries.config import Trial
from queries.errors import ConfigError, SourceError, UnderstudyError
from queries.keys import SAGEMAKER_NAME
from queries.objects import is_s3
from queries.trials import sources
from queries.trials.opened import OpenedTrial, open_trial
from queries.trials.reviews import Review, review

if TYPE_CHECKING:
    from analysis.training.findings import Finding
    from analysis.training.machines import Machines
    from queries.config import Config
    from queries.progress import Progress
    from queries.trials.sources import Source


def named(config: Config, text: str) -> Trial:
    """The trial that a text means: one's place, one of the configuration, or a job's.

    Raises
    ------
    ConfigError
        When it can be none of these.
    """
    if is_place(text):
        return Trial(name=text, location=text)
    if any(trial.name == text for trial in config.trials):
        return config.trial(text)
    if SAGEMAKER_NAME.fullmatch(text):
        return Trial(name=text, job=text)
    raise ConfigError(
        f"{text} is no folder, no trial of the configuration and no name of a training job: "
        "name the folder above index and events, s3://…/debug-output, or a job."
    )


def is_place(text: str) -> bool:
    """Whether a text says itself where a trial lies: a folder that is there, or an address."""
    return is_s3(text) or Path(text).expanduser().is_dir()


def review_of(
    config: Config,
    trial: Trial,
    *,
    other: Trial | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Review:
    """Open a trial, read its machines, run the users' rules on it and judge it by every rule.

    What is left out because it cannot be read is a note, as long as there is something to judge.

    Raises
    ------
    UnderstudyError
        When there is neither a trial nor the metrics of its machines.
    """
    place = sources.source(trial, config.aws)
    opened = _opened(config, trial, place, progress)
    compared = None
    if other is not None:
        compared = _opened(config, other, sources.source(other, config.aws), progress)
    machines, problem = _machines(config, place)
    if opened is None and machines is None:
        raise nothing_recorded(trial.name, (*place.notes, *problem))
    found = review(
        opened,
        name=trial.name,
        settings=config.rules,
        machines=machines,
        other=compared,
        job=place.job,
        custom=custom(config, opened, compared),
    )
    return replace(found, notes=(*found.notes, *place.notes, *problem))


def nothing_recorded(name: str, why: Iterable[str]) -> SourceError:
    """The error of a training of which there is nothing to judge; ``why`` are sentences."""
    return SourceError(" ".join([f"Nothing was recorded of the training {name}.", *why]))


def _opened(
    config: Config,
    trial: Trial,
    place: Source,
    progress: Callable[[Progress], None] | None,
) -> OpenedTrial | None:
    if place.location is None:
        return None
    return open_trial(
        place.location, cache=config.cache, aws=config.aws, name=trial.name, progress=progress
    )


def _machines(config: Config, place: Source) -> tuple[Machines | None, tuple[str, ...]]:
    """What the machines did, None where nobody watched; and why it is not known."""
    from queries.trials.profiler import read_profile

    if place.profiler is None:
        return None, ()
    try:
        found = read_profile(place.profiler, cache=config.cache, aws=config.aws)
    except UnderstudyError as error:
        return None, (str(error),)
    return found.machines, ()


def custom(
    config: Config, opened: OpenedTrial | None, other: OpenedTrial | None
) -> tuple[Finding, ...]:
    """What the users' own rules find, where there is a trial to ask them about."""
    if opened is None or not config.custom_rules:
        return ()
    from queries.trials.custom_rules import Asked, findings

    compared = Asked(other.folder, other.state) if other is not None else None
    asked = Asked(opened.folder, opened.state)
    return findings(config.custom_rules, asked, cache=config.cache, other=compared)
