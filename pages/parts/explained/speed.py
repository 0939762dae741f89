"""How are the numbers of the page Latency & errors computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_BLOCKS = (
    "The interval comes from the differences in 10 and more equal stretches of time (batch means)."
)

EXPLAINED = {
    "median_delta": Explanation(
        "Median difference",
        "Shadow minus production of each request, and the median of these; its interval is that of "
        "the sign test, two order statistics. The one for every look is between the ranks that a "
        "Beta mixture does not refute.",
        "Requests are independent.",
        "David & Nagaraja 2003; Howard & Ramdas 2022",
        "A slow quarter of an hour is one event, and the interval is then too narrow. It is not "
        "the difference of the medians.",
        "Latency",
    ),
    "slower": Explanation(
        "Slower, faster",
        "Share of requests that the shadow answered later (earlier) by more than "
        "`slower_tolerance_ms`, with Wilson’s interval.",
        "Requests are independent; one looks once.",
        "Wilson 1927",
        "Requests that hang together in time.",
        "Latency",
    ),
    "timeouts": Explanation(
        "Timeouts",
        "Requests that were waited for in vain, by side and in common.",
        "The log says how long was waited.",
        "The paired log",
        "They count in percentiles with the time that was waited: the true latency is longer.",
        "Latency",
    ),
    "latency_differences": Explanation(
        "Difference by quantile",
        "Shadow’s percentile of the whole window minus production’s. " + _BLOCKS,
        "A stretch is much longer than a disturbance.",
        "CloudWatch ModelLatency; Nakayama 2014; Schmeiser 1982",
        "Fewer than ten stretches in which both have data: no interval. Stretches with few "
        "requests have a rough p99.",
        "Latency",
    ),
    "latency_table": Explanation(
        "Latency in numbers",
        "Both percentiles of the whole window, their difference and their ratio less one. "
        + _BLOCKS
        + " However often one looks: the ratio’s, as the verdict judges it.",
        "A daily rhythm common to both cancels; what is left is independent between stretches.",
        "CloudWatch ModelLatency; Nakayama 2014",
        "Formulas for independent requests would be far too narrow, which is why none is used.",
        "Latency",
    ),
    "overhead_table": Explanation(
        "Overhead that SageMaker adds",
        "As latency, of CloudWatch’s OverheadLatency. " + _BLOCKS,
        "A stretch is much longer than a disturbance.",
        "CloudWatch OverheadLatency",
        "What it means for a shadow, whose answer nobody waits for, AWS does not say.",
        "Latency",
    ),
    "latency_time": Explanation(
        "Latency over time",
        "Each point is a percentile that CloudWatch worked out from all requests of its period.",
        "Nothing: no point is averaged with another.",
        "CloudWatch ModelLatency, or the paired log",
        "A period with few requests has a rough p99; one without any is a gap.",
        "Latency",
    ),
    "error_differences": Explanation(
        "Difference of the error rates",
        "Failures ÷ requests of the shadow minus the same of production; the interval joins "
        "Wilson’s two.",
        "Failures come one by one; of a paired log, those of one `cluster` may hang together. "
        "CloudWatch does not say whose a request was.",
        "Newcombe 1998, method 10",
        "Failures come in bursts: a burst is one event, not a hundred.",
        "Errors",
    ),
    "errors_table": Explanation(
        "Errors in numbers",
        "Failures and requests of both variants, their rates, and the difference for one look.",
        "Requests without any count are unknown, never zero failures.",
        "CloudWatch Invocation4XXErrors, Invocation5XXErrors, InvocationModelErrors; Newcombe 1998",
        "A copy that was never sent is no failure of the shadow.",
        "Errors",
    ),
    "invocations": Explanation(
        "Requests over time",
        "CloudWatch’s count of requests in each period, of either variant.",
        "Nothing: it is a count.",
        "CloudWatch Invocations, or the paired log",
        "A shadow that gets half of the traffic has half of the requests: that is no fault.",
        "Errors",
    ),
    "error_rates": Explanation(
        "Errors over time",
        "Failures ÷ requests of each period; nothing is drawn where nobody asked.",
        "Nothing: two counts divided.",
        "CloudWatch, or the paired log",
        "One failure in a quiet minute is a high rate. Read it with the number of requests.",
        "Errors",
    ),
}
