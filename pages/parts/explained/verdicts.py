"""How are the numbers of the verdict computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

EXPLAINED = {
    "p99_latency": Explanation(
        "p99 latency of the shadow",
        "The time within which 99 of 100 requests of the whole window were answered by the "
        "shadow’s model, and its change on production’s.",
        "The window came back from CloudWatch as one period: percentiles of parts are never "
        "averaged.",
        "CloudWatch ModelLatency, or the paired log",
        "Production and shadow run on machines of their own: a noisy neighbour is a difference of "
        "models as far as the numbers can tell.",
        "Latency",
    ),
    "errors_5xx": Explanation(
        "5xx errors of the shadow",
        "Requests of the shadow that failed on the server’s side, divided by its requests; beside "
        "it the same of production.",
        "Failures come one by one; of a paired log, those of one `cluster` may hang together. "
        "CloudWatch does not say whose a request was.",
        "CloudWatch Invocation5XXErrors and Invocations, or the paired log; Newcombe 1998",
        "Failures come in bursts: a burst is one event, not a hundred.",
        "Errors",
    ),
    "pairs": Explanation(
        "Pairs",
        "Requests of which both answers were captured and found each other, one to one: by "
        "inference id, event id, or the same input near in time.",
        "An id is used for one request only.",
        "The captures of this window",
        "Missing answers are seldom missing at random: a shadow that times out on hard requests "
        "looks better on the rest.",
        "Coverage",
    ),
    "checks": Explanation(
        "Every check against its limit",
        "Each value and interval on one scale on which 1 is the limit: for shares that must be "
        "high (1 − value) ÷ (1 − limit), for what must be low value ÷ limit.",
        "The intervals hold at every look and, all together, at the policy’s confidence.",
        "Schuirmann 1987; Lakens 2017 for the rule, each check’s own source for its interval",
        "Dependent requests make intervals too narrow. What is far over its limit is drawn at the "
        "edge.",
        "The verdict",
    ),
    "checks_table": Explanation(
        "Every check in numbers",
        "Value, interval and limit of each check. Within: the whole interval is inside the limit. "
        "Over: all of it is outside. Otherwise it is too early to say.",
        "The error of the policy is shared out evenly over the checks that have an interval.",
        "Bonferroni; Robbins 1970; Howard et al. 2021; Waudby-Smith et al. 2024",
        "A window that slides begins each sequence anew. The drift of labels has an interval for "
        "one look.",
        "The verdict",
    ),
    "equivalence": Explanation(
        "Equivalent within each limit",
        "A claim is shown when its whole interval is inside the limit. Detectable is the least "
        "distance from the limit that this many observations decide; still needed, how many more "
        "would decide if all were like those so far.",
        "The value stays what it is, and so does the rate of requests.",
        "Schuirmann 1987; Lakens 2017",
        "It is a forecast from the present value: the true one may lie elsewhere in the interval.",
        "The verdict",
    ),
    "settings_table": Explanation(
        "Settings in force",
        "Every setting of this test, and whether the configuration states it or it is the default.",
        "Nothing: they are read.",
        "understudy.toml and what SageMaker knows of the endpoint",
        "A setting changed since the captures were made speaks of now, not of then.",
        "The verdict",
    ),
}
