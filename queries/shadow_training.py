"""What is known of how a test's shadow was trained, for a policy that asks for it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.soundness import Training
from queries.errors import UnderstudyError
from queries.trials import reviewing, sources

if TYPE_CHECKING:
    from queries.config import Config, Test


def shadow_training(config: Config, test: Test) -> Training:
    """What the rules find in the record of the shadow's training, or why nothing is found out."""
    name = test.training.shadow or ""
    try:
        found = sources.trainings(config, test)
        if found.shadow is None:
            why = found.notes or (f"name its trial as `shadow` in [tests.{test.name}.training].",)
            return Training("", problem=" ".join(why))
        name = test.training.shadow or found.shadow.job or found.shadow.name
        return Training(name, reviewing.review_of(config, found.shadow).findings)
    except UnderstudyError as error:
        return Training(name, problem=str(error))
