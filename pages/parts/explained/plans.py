"""How are the numbers of a planned test computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_TRUE = (
    "What is expected is true; pairs hang together as typed, in agreement, labels and scores alike."
)

EXPLAINED = {
    "plan_length": Explanation(
        "Length of a test",
        "The time in which the slowest check has the observations it needs, so that all are "
        "decided together with the chance named.",
        _TRUE,
        "Bonferroni over the checks; each by the interval that will judge it",
        "What is expected is a guess: near a limit a little less takes far longer.",
        "Planning",
    ),
    "plan_pairs": Explanation(
        "Pairs of a test",
        "Length of the test × requests an hour × both sampling rates.",
        "The two samplings are two draws; the rate of requests stays.",
        "The traffic as it was typed",
        "Traffic that falls, or a shadow that does not answer all.",
        "Planning",
    ),
    "plan_fleet": Explanation(
        "Price of the second fleet",
        "Instances × price an hour × length of the test.",
        "Instances run all the time, whatever they answer.",
        "Prices of the configuration",
        "Captured data and what is read of them are not in it.",
        "Planning",
    ),
    "plan_times": Explanation(
        "Until each check is decided",
        "For each check the least size at which its interval lies on its side of the limit with "
        "the chance named, brought to time at the rate of its requests.",
        _TRUE,
        "The intervals of the verdict: Robbins 1970; Howard et al. 2021; Waudby-Smith et al. 2024",
        "It is the chance at the end: a test that is watched decides earlier in half of all cases.",
        "Planning",
    ),
    "plan_table": Explanation(
        "The plan in numbers",
        "What each check needs and how long that takes, at two chances.",
        _TRUE,
        "The intervals of the verdict: Robbins 1970; Howard et al. 2021; Waudby-Smith et al. 2024",
        "Latency is planned only where it is typed or taken from a test how it varies by the hour.",
        "Planning",
    ),
}
