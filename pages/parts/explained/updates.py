"""How are the numbers of the pages Deploy and History computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_SECTION = "Fleets"

EXPLAINED = {
    "fleets": Explanation(
        "Answers of both fleets",
        "Each minute: requests, p50 and p99 of the model’s latency, and 5xx answers ÷ requests, of "
        "each fleet by the endpoint config it runs. Without metrics of its own the old fleet is "
        "drawn as both together.",
        "Both fleets get the same kind of requests: the endpoint divides them at random.",
        "CloudWatch Invocations, ModelLatency and Invocation5XXErrors by EndpointConfigName",
        "A p99 of a hundred requests a minute is the slowest but one: it jumps. New instances are "
        "slow at first. CloudWatch is a minute or two behind; the latest minute is not whole.",
        _SECTION,
    ),
    "traffic_moved": Explanation(
        "Traffic on the new fleet",
        "Instances of the new fleet that take requests, divided by those wanted: by the message "
        "of its slowest variant, else by the instances in service. After the update: all of it.",
        "Each instance takes the same share of the requests.",
        "DescribeEndpoint, PendingDeploymentSummary",
        "It is what the endpoint aims at, not what was counted: of few requests another share may "
        "have come. A message in other words than AWS’s own examples is not understood.",
        _SECTION,
    ),
    "fleet_instances": Explanation(
        "Instances of a fleet",
        "Instances that are in service, of those that are wanted.",
        "AWS counts those that serve: its own example of a new fleet counts those with traffic.",
        "DescribeEndpoint, CurrentInstanceCount and DesiredInstanceCount",
        "With autoscaling the number wanted moves by itself. A serverless fleet has none: 0 of 0.",
        _SECTION,
    ),
    "deploy_timeline": Explanation(
        "Traffic as it is planned to move",
        "The waits of the chosen strategy one after the other, and the share of the requests on "
        "the new fleet in each.",
        "Minute 0 is when the new instances can take requests: how long AWS needs to start them "
        "nobody knows before.",
        "The strategy chosen above; SageMaker’s deployment guardrails",
        "An alarm ends it early and takes the traffic back; a share of few instances is rounded "
        "to whole ones.",
        _SECTION,
    ),
    "history": Explanation(
        "Changes over time",
        "A mark for each change at the time of its first record, by how it ended.",
        "The clock of the machine that wrote the record was right.",
        "The audit’s records",
        "What was changed in AWS by other means is not in it.",
        _SECTION,
    ),
}
