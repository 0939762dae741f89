"""Where does the record of a training lie, and which trainings made the models of a test?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from queries import aws as account
from queries import sagemaker
from queries.config import Trial
from queries.errors import AwsError
from queries.keys import SAGEMAKER_NAME
from queries.trials.jobs import describe, job

if TYPE_CHECKING:
    from queries.config import Aws, Config, Test
    from queries.trials.jobs import Job


@dataclass(frozen=True, slots=True)
class Source:
    """Where one training's record lies: folders or ``s3://`` addresses, None where nothing is.

    ``job`` is None where none is named or SageMaker does not tell; ``notes`` say why, a sentence
    each.
    """

    location: str | None
    profiler: str | None
    job: Job | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trainings:
    """The trials of a test's two models, None where none was found; ``notes`` say why."""

    production: Trial | None
    shadow: Trial | None
    notes: tuple[str, ...] = ()


def source(trial: Trial, aws: Aws) -> Source:
    """Where a configured trial lies; what the file leaves out is asked of its training job.

    Raises
    ------
    AwsError
        When only the job could say where the trial lies, and SageMaker does not tell.
    """
    if trial.job is None:
        return Source(trial.location, trial.profiler, None, ())
    try:
        found = job(trial.job, aws)
    except AwsError as error:
        if trial.location is None:
            raise
        return Source(trial.location, trial.profiler, None, (str(error),))
    location, profiler = trial.location or found.trial, trial.profiler or found.profiler
    notes = [
        sentence
        for place, sentence in (
            (location, found.without_trial),
            (profiler, found.without_profiler),
        )
        if place is None
    ]
    return Source(location, profiler, found, tuple(notes))


def trainings(config: Config, test: Test) -> Trainings:
    """The trials of a test's models: as the file names them, else from the models themselves.

    A model tells where its data lie; a training job writes them below its own name, and is taken
    for the model's only if it says that it wrote exactly these.
    """
    named = (test.training.production, test.training.shadow)
    given = [config.trial(name) if name is not None else None for name in named]
    notes: list[str] = []
    if None in given and test.endpoint is not None and account.is_named(config.aws):
        client = account.client(config.aws, "sagemaker")
        models = _models(client, test, notes)
        given = [
            trial or _trial(client, side, models.get(variant), notes)
            for side, trial, variant in zip(
                ("production", "shadow"), given, (test.production, test.shadow), strict=True
            )
        ]
    return Trainings(given[0], given[1], tuple(notes))


def _models(client: Any, test: Test, notes: list[str]) -> dict[str, str]:
    """The model's name of each variant: as the experiment says, else as the endpoint is now."""
    found: dict[str, str] = {}
    try:
        if test.experiment is not None:
            described = sagemaker.experiment(client, test.experiment).models
            found |= {each.name: each.model for each in described if each.model}
        if not found.keys() >= {test.production, test.shadow}:
            live = sagemaker.endpoint(client, test.endpoint or "")
            variants = (*live.production, *live.shadow)
            found |= {each.name: each.model for each in variants if each.model}
    except AwsError as error:
        notes.append(f"Which models {test.endpoint} serves is not known: {error}")
        return found
    notes += [
        f"How {variant}'s model was trained is not known: {test.endpoint} has no such variant now; "
        "name its trial in [tests.NAME.training]."
        for variant in (test.production, test.shadow)
        if variant not in found
    ]
    return found


def _trial(client: Any, side: str, model: str | None, notes: list[str]) -> Trial | None:
    """The training of one model, or a note on why none was found."""
    if model is None:
        return None
    try:
        places = sagemaker.model_data(client, model)
    except AwsError as error:
        notes.append(f"How {model} was trained is not known: {error}")
        return None
    made = [name for place in places if (name := _maker(client, place, notes)) is not None]
    if not made:
        notes.append(
            f"No training job was found that made {side}'s model {model}"
            + (f" (its data lie at {places[0]})" if places else " (it names no data in S3)")
            + f"; name its trial under `{side}` in [tests.NAME.training]."
        )
        return None
    if len(made) > 1:
        notes.append(
            f"The model {model} has parts that {len(made)} training jobs made; shown is {made[0]}."
        )
    return Trial(name=side, job=made[0], description=f"Made {model}")


def _maker(client: Any, place: str, notes: list[str]) -> str | None:
    """The job that says it wrote a model's data to exactly this place."""
    for name in _candidates(place):
        try:
            found = describe(client, name)
        except AwsError as error:
            # there being no such job only says that the name was no job's
            if error.code not in ("ValidationException", "ResourceNotFound"):
                notes.append(str(error))
            continue
        if found.artifact.rstrip("/") == place.rstrip("/"):
            return found.name
    return None


def _candidates(place: str) -> Iterator[str]:
    """Names that may be the job's: SageMaker writes ``<prefix>/<job>/output/model.tar.gz``.

    Data that were not packed lie in the folder ``<prefix>/<job>/output/model/``.
    """
    parts = place.removeprefix("s3://").rstrip("/").split("/")[1:]
    for before, part in pairwise(parts):
        if part == "output" and SAGEMAKER_NAME.fullmatch(before):
            yield before
