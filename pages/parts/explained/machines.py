"""How are the numbers of the page Resources computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_BLOCKS = "A stretch of time is not much longer than a disturbance, and there are ten at least."
_SOURCE = "CloudWatch’s metrics of the instances; Schmeiser 1982"

EXPLAINED = {
    "price_of_requests": Explanation(
        "Price of 1,000 requests",
        "1,000 × price × instances × time ÷ requests, over the stretches in which both ran.",
        _BLOCKS,
        "Prices of the configuration; CloudWatch Invocations; Cochran 1977, §6.3",
        "It is the price of the instances there are, not of those that would do.",
        "Resources",
    ),
    "price_an_hour": Explanation(
        "Price an hour",
        "Instances of a variant × `price_per_hour` of their type.",
        "The list price is what is paid.",
        "Prices of the configuration",
        "Savings plans, storage and data transfer are not in it.",
        "Resources",
    ),
    "cpu_time": Explanation(
        "CPU time a request",
        "Utilisation × instances × time, divided by the requests: time of one core.",
        _BLOCKS,
        "CloudWatch CPUUtilization and Invocations; Cochran 1977, §6.3",
        "What is used while waiting is shared out over the requests: it falls as the load rises.",
        "Resources",
    ),
    "request_rate": Explanation(
        "Requests of a variant",
        "Requests divided by the length of the window.",
        "Nothing: it is a count over time.",
        "CloudWatch Invocations",
        "Refused requests are counted too.",
        "Resources",
    ),
    "utilisation": Explanation(
        "Utilisation",
        "Mean of all samples of the window as a share of what one instance has; the interval of "
        "the difference comes from equal stretches of time.",
        _BLOCKS,
        _SOURCE,
        "A mean hides peaks; the number of cores must be known for it to be a share of all.",
        "Resources",
    ),
    "resources_time": Explanation(
        "Resources over time",
        "Mean and highest sample of each period, over the instances of a variant.",
        "Nothing: CloudWatch’s own statistics.",
        "CloudWatch’s metrics of the instances",
        "Above 75 % of the disk SageMaker stops capturing: pairs are then missing.",
        "Resources",
    ),
    "resources_table": Explanation(
        "Resources in numbers",
        "Each number of both variants, their difference, and the stretches its interval rests on.",
        _BLOCKS,
        _SOURCE + "; Cochran 1977, §6.3",
        "The stretch in which a variant started is charged to it whole.",
        "Resources",
    ),
}
