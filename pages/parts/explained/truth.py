"""How are the numbers of the page Quality computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_LABELLED = "Pairs that have a label are like those that have none."

EXPLAINED = {
    "quality_of_one": Explanation(
        "A model against the truth",
        "The measure of one model over the labelled pairs that both answered, with its own "
        "interval.",
        _LABELLED,
        "Wilson 1927 for shares; DeLong et al. 1988 for AUC; Student for errors of numbers",
        "Labels come late and of a part: requests that get one soon may be the easy ones.",
        "Quality",
    ),
    "quality_difference": Explanation(
        "Difference on the same pairs",
        "Shadow minus production on the same pairs: what both got right or wrong cancels.",
        _LABELLED + " Pairs are independent; one looks once.",
        "Newcombe 1998 (method 10 for pairs); Zou & Donner 2008; DeLong et al. 1988",
        "Each measure is judged by itself: of twenty that are equal, one looks different.",
        "Quality",
    ),
    "quality_sequence": Explanation(
        "Difference, at any time",
        "Pairs gained minus pairs lost, divided by all; the interval joins two sequences, one for "
        "each.",
        _LABELLED,
        "Robbins 1970; Howard et al. 2021",
        "Requests of one user that resemble each other make it too narrow.",
        "Quality",
    ),
    "labelled": Explanation(
        "Labelled pairs",
        "Pairs of this window for which a label was found, of all pairs.",
        "An id names one request.",
        "The files of labels and the captures",
        "A label that came after the page was drawn is not in it.",
        "Quality",
    ),
    "label_delay": Explanation(
        "Delay of the labels",
        "Time from the request to the time its label was known: median and higher quantiles.",
        "The files give the time of a label.",
        "The files of labels",
        "Labels that have not come yet have no delay: the true delay is longer than it looks.",
        "Quality",
    ),
    "quality_differences": Explanation(
        "Differences of every measure",
        "Shadow minus production on the same pairs, measure by measure, with its interval.",
        _LABELLED,
        "Newcombe 1998; Zou & Donner 2008; DeLong et al. 1988",
        "For one look, and each by itself: the more measures, the more often one misses.",
        "Quality",
    ),
    "mcnemar": Explanation(
        "Who was right",
        "Pairs by who was right. p: were both equally good, how often would the pairs of which "
        "only one was right be as uneven as this?",
        "Pairs are independent.",
        "McNemar 1947; Fagerland, Lydersen & Laake 2013",
        "It says whether they differ, not by how much: read the difference.",
        "Quality",
    ),
    "quality": Explanation(
        "Every measure in numbers",
        "Each measure of both models, the difference on the same pairs and what it says.",
        _LABELLED,
        "See the table “Quality” of docs/statistics.md",
        "For one look, and each by itself.",
        "Quality",
    ),
    "quality_time": Explanation(
        "Quality over time",
        "The measure of either model in each block, by the time of the request.",
        _LABELLED,
        "Wilson 1927, block by block",
        "The newest blocks have few labels yet: those that came soon.",
        "Quality",
    ),
    "reliability": Explanation(
        "Are the scores probabilities?",
        "Labelled pairs in bins of about as many, by score: the share of positives against the "
        "mean score, with Wilson’s interval. On the diagonal a score is what it says.",
        _LABELLED + " One looks once.",
        "Naeini, Cooper & Hauskrecht 2015; Wilson 1927",
        "Errors that cancel inside a bin are not seen.",
        "Quality",
    ),
    "calibration": Explanation(
        "The bins in numbers",
        "Of each bin and model the pairs, the mean score, and the share of positives with its "
        "interval.",
        _LABELLED,
        "Wilson 1927",
        "A bin of few pairs has a wide interval, and bins are many looks.",
        "Quality",
    ),
    "classes": Explanation(
        "Class by class",
        "The measure for each class of the truth, both models and their difference.",
        "Pairs are independent; the class has dozens of them.",
        "Newcombe 1998; Zou & Donner 2008; Hand, Christen & Kirielle 2021",
        "A class of ten pairs has an interval that is too narrow.",
        "Quality",
    ),
    "label_coverage": Explanation(
        "Which pairs have a label",
        "Pairs with a label and without, in each block of time.",
        "Nothing: it is a count.",
        "The files of labels and the captures",
        "Where the share of agreeing pairs differs between both, labels are no random part.",
        "Quality",
    ),
    "label_lines": Explanation(
        "Every line of the labels’ files",
        "Lines read, by what became of them; they add up.",
        "Nothing: it is a count.",
        "The files of labels",
        "A line used for no pair may belong to a request outside the window.",
        "Quality",
    ),
    "ids": Explanation(
        "Ids of both sides",
        "The first ids of the labels and of the captures, side by side.",
        "Nothing: they are shown as they stand.",
        "The files of labels and the captures",
        "The first few need not be like the rest.",
        "Quality",
    ),
    "outcome_mean": Explanation(
        "Mean outcome",
        "Mean of what came of production’s answers, over the pairs of which it is known: a share "
        "with Wilson’s interval where every value is 0 or 1, else a mean with Student’s.",
        "Pairs whose outcome is known are like the others. One looks once.",
        "Wilson 1927; Student 1908",
        "A few large revenues: Student’s interval is too narrow for a long time.",
        "Outcomes",
    ),
    "outcome_apart": Explanation(
        "Differ − agree",
        "Mean outcome where the two models differ, less that where they agree.",
        "The two groups are independent. One looks once.",
        "Newcombe 1998 (method 10); Welch 1947",
        "Taken for the difference of two models: it is one of two groups of requests.",
        "Outcomes",
    ),
    "outcome_means": Explanation(
        "Mean outcome by agreement",
        "Mean outcome of production’s answers where both agree, where they differ, and by the two "
        "answers where at least 30 pairs differ so; the tick is the mean of all.",
        "Pairs whose outcome is known are like the others. One looks once.",
        "Wilson 1927; Student 1908",
        "Nothing in it came of the shadow’s answers: nobody saw them.",
        "Outcomes",
    ),
    "outcome_answers": Explanation(
        "Mean outcome by both answers",
        "Mean outcome of the pairs with the same two answers, the most frequent first.",
        "Pairs whose outcome is known are like the others. One looks once.",
        "Wilson 1927; Student 1908",
        "Combinations are many looks: of twenty, one interval misses.",
        "Outcomes",
    ),
    "outcome_lines": Explanation(
        "Every line of the outcomes’ files",
        "Lines read, by what became of them; they add up.",
        "Nothing: it is a count.",
        "The files of outcomes",
        "A line used for no pair may belong to a request outside the window.",
        "Outcomes",
    ),
}
