"""How are the numbers of the page Side by side computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_TOGETHER = (
    "The interval holds at every look, and together with those of all shadows and measures on the "
    "page: the error is divided by their number (Bonferroni)."
)
_ASSUMES = (
    "All shadows were compared over the same time, on the same traffic. Nothing is assumed of how "
    "the answers of two shadows depend on each other."
)
_WRONG = (
    "Endpoints of their own may get other traffic. It says “cannot tell apart” longer than a "
    "paired comparison of two shadows would."
)

EXPLAINED = {
    "beside_agreement": Explanation(
        "Agreement of each shadow",
        "Pairs with production’s answer, divided by all pairs whose answers could both be read. "
        + _TOGETHER,
        _ASSUMES,
        "Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021; Dunn 1961",
        "To agree with production is not to be right. " + _WRONG,
        "Side by side",
    ),
    "beside_p99_latency": Explanation(
        "Change of p99 latency of each shadow",
        "The shadow’s 99th percentile divided by production’s, less 1, as the verdict has it: its "
        "interval comes from how blocks of time vary. " + _TOGETHER,
        _ASSUMES,
        "Nakayama 2014; Waudby-Smith et al. 2024; Dunn 1961",
        "Each is compared with the production beside it: other instances have other latencies. "
        + _WRONG,
        "Side by side",
    ),
    "beside_5xx_errors": Explanation(
        "More 5xx errors of each shadow",
        "The share of the shadow’s requests that failed less that of production’s, from two "
        "sequences of half the error each. " + _TOGETHER,
        _ASSUMES,
        "Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021; Dunn 1961",
        "Failures of the same minute hang together. " + _WRONG,
        "Side by side",
    ),
    "beside_accuracy": Explanation(
        "Gain in accuracy of each shadow",
        "Labelled pairs that only the shadow had right less those that only production had, "
        "divided by all labelled pairs. " + _TOGETHER,
        _ASSUMES + " Pairs with a label are like those without.",
        "Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021; Dunn 1961",
        "Labels of other requests for one shadow than for another. " + _WRONG,
        "Side by side",
    ),
    "beside_mae": Explanation(
        "Change of the mean absolute error of each shadow",
        "The mean, over labelled pairs, of how much further the shadow is from the truth than "
        "production. " + _TOGETHER,
        _ASSUMES + " Errors have no heavy tails, and there are a hundred pairs at least.",
        "Waudby-Smith et al. 2024; Dunn 1961",
        "A few huge errors make it too narrow. " + _WRONG,
        "Side by side",
    ),
    "side_by_side": Explanation(
        "Shadows side by side",
        "Each number with its interval, as in the pictures above. One leads in a measure where its "
        "interval lies clear of all others; it is the best where no other leads in anything, and "
        "its own verdict does not reject it.",
        _ASSUMES,
        "Hsu 1996, chapter 4; Dunn 1961",
        "Measures weigh alike: a lead in latency may matter less than what cannot be told yet. "
        + _WRONG,
        "Side by side",
    ),
}
