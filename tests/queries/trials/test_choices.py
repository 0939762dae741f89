"""Is every training offered once, and known for whose model it made?"""

from __future__ import annotations

from queries.config import Config, Test, Training, Trial
from queries.trials.choices import Choice, choices
from queries.trials.sources import Trainings

OLD, NEW = Trial(name="old", location="/old"), Trial(name="new", location="/new")
FOUND = Trial(name="shadow", job="fraud-2026")


def test_a_configured_trial_is_known_by_the_test_that_names_it():
    """A trial that no test names belongs to none."""
    tests = (Test(name="fraud", training=Training(production="old")),)
    assert choices(Config(tests=tests, trials=(OLD, NEW))) == (
        Choice(OLD, "fraud", "production"),
        Choice(NEW),
    )


def test_a_training_that_was_found_is_offered_beside_them():
    """What the file names is not offered twice; what was found is called after its test."""
    tests = (Test(name="fraud", training=Training(production="old")),)
    config = Config(tests=tests, trials=(OLD,))
    first, second = choices(config, "fraud", Trainings(OLD, FOUND))
    assert first == Choice(OLD, "fraud", "production")
    assert (second.trial.name, second.test, second.side) == ("fraud/shadow", "fraud", "shadow")
    assert second.trial.job == "fraud-2026"


def test_there_may_be_none():
    """Neither a trial nor a test: nothing to choose."""
    assert choices(Config(tests=())) == ()
