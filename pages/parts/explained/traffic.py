"""How are the numbers of what was compared, and what was not, computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

EXPLAINED = {
    "left_out_table": Explanation(
        "What was not compared",
        "Everything that was read or expected and is in no pair, each counted once with its "
        "reason.",
        "Nothing: rows, lines and files add up.",
        "The captures of this window",
        "What was never captured is not in it, but for the marked gaps.",
        "Coverage",
    ),
    "rejects_table": Explanation(
        "Lines that could not be read",
        "Each with its file, line, place and reason.",
        "Nothing: they are listed.",
        "The captures",
        "Only the first are shown; the file has all.",
        "Coverage",
    ),
    "pairing_table": Explanation(
        "Matched by which key",
        "Pairs by the first way in which their two records found each other.",
        "An id names one request.",
        "The captures of this window",
        "Pairs found by the same input near in time may be two requests that were alike.",
        "Coverage",
    ),
    "pairing_hours": Explanation(
        "Pairs over time",
        "Pairs in each block; the line is production’s rows × the sampling rates.",
        "Both draws of the sampling are independent: the fewest pairs that can be expected.",
        "The captures; `capture_percent` and `shadow_percent`",
        "Rates that were changed during the test.",
        "Coverage",
    ),
    "hours_of_week": Explanation(
        "Pairs by hour of the week",
        "Pairs counted by the weekday and hour (UTC) of their request.",
        "Nothing: it is a count.",
        "The captures of this window",
        "One Monday stands for all Mondays.",
        "Coverage",
    ),
    "against_usual": Explanation(
        "Pairs against the usual traffic",
        "Each hour’s share of all pairs, divided by its share of the usual requests: 1 is as "
        "usual. Usual is the mean of the same hour of the week.",
        "Traffic of the coming weeks is like that of those before.",
        "CloudWatch Invocations of the four weeks before the window; else of the window itself",
        "A holiday among four weeks, or a service that is younger than they are. Where the window "
        "stands for itself it can only say which hours were sampled unlike the others.",
        "Coverage",
    ),
    "parts_of_week": Explanation(
        "Parts of the week",
        "Pairs at weekdays and weekends, by day and by night (UTC), as shares of all pairs, beside "
        "the shares of the usual requests.",
        "The night is where the policy has it: `night_from` to `night_to`.",
        "The captures; CloudWatch Invocations of the four weeks before the window",
        "Night in UTC is day elsewhere.",
        "Coverage",
    ),
}
