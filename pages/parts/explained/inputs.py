"""How are the numbers of the pages Drift and Slices computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_DISTANCE = (
    "Numbers: the largest distance between the two cumulative curves (KS D). Categories: Cramér’s "
    "V, chi-square brought to 0 to 1."
)

EXPLAINED = {
    "small_multiples": Explanation(
        "How each feature is distributed",
        "The cumulative curve, or the shares of the categories, of the reference and of this "
        "window.",
        "Nothing: order statistics and shares.",
        "Smirnov 1939 for the distance of two curves",
        "With a million rows every difference is significant: read the size, not the p-value.",
        "Drift",
    ),
    "drift_table": Explanation(
        "Drift of each feature",
        _DISTANCE + " Drift: above its tolerance and q below the error. None: the whole interval "
        "within the tolerance. Otherwise it cannot be told.",
        "Rows are independent; q allows for the number of features.",
        "Smirnov 1939; Massart 1990; Bergsma 2013; Benjamini & Hochberg 1995; Yurdakul 2018",
        "KS is dull in the tails; PSI’s folklore limits fail for few and for many rows alike.",
        "Drift",
    ),
    "drift_heat_map": Explanation(
        "Drift of every feature over time",
        "Each block of time against the same reference: the effect, KS D in the twentieths of the "
        "reference or Cramér’s V. It is coloured where it is beyond chance after allowing for all "
        "blocks of all features. A change: requests before and after differ most by chi-square, "
        "and the same blocks in 999 other orders or more hardly ever differ as much; what comes "
        "again at an hour of the day is taken out first.",
        "Requests are independent; for changes, blocks are, but for the time of the day.",
        "Smirnov 1939; Bergsma 2013; Benjamini & Hochberg 1995; Matteson & James 2014",
        "A slow wave is marked as steps. Marks are for one look: 5 % of tests without any change "
        "have one. D may be up to 0.05 below the exact one.",
        "Over time",
    ),
    "drift_course": Explanation(
        "One feature over time",
        "One measure of each block against the same reference. The grey band is what it stays in "
        "in 95 of 100 blocks (at the policy’s confidence) where nothing has moved, at that block’s "
        "number of values: Smirnov’s limit for KS D, chi-square’s for shares, a Brownian bridge’s "
        "for the Wasserstein distance, which is the least way, in standard deviations of the "
        "reference, by which its mass moves from twentieth to twentieth.",
        "Requests are independent; nearly so is not enough where one user sends many.",
        "Smirnov 1939; Stephens 1970; Yurdakul 2018; Lin 1991; Vallender 1974; Donsker 1952",
        "One point in twenty lies above the band by chance: read the ◆, which allow for all "
        "blocks. In blocks of 100 values PSI and Jensen–Shannon do so in one of twelve. What moves "
        "inside a twentieth, or beyond the reference’s ends, no measure here sees.",
        "Over time",
    ),
    "over_time": Explanation(
        "When each feature moved",
        "Blocks in which the effect is above its tolerance and q below the error; the largest "
        "effect with what chance leaves it below there; and when the distribution changed, with p.",
        "Requests are independent; q allows for all blocks of all features.",
        "Smirnov 1939; Bergsma 2013; Benjamini & Hochberg 1995; Matteson & James 2014",
        "The largest of many effects is larger than it is. Blocks of fewer than 100 values are not "
        "judged: what happens there is not known.",
        "Over time",
    ),
    "together": Explanation(
        "Drift of whole requests",
        "Energy distance: how much farther requests of the two sides lie apart than requests of "
        "one side, numbers as ranks, each category a point of its own; 0 is the same, 1 nothing in "
        "common; p from 999 random divisions of the same requests. Classifier: boosted trees "
        "trained on one half to know the requests of now are asked about the other half, and the "
        "other way round; p is twice the smaller of Mann–Whitney’s.",
        "Requests are independent of each other.",
        "Székely & Rizzo 2004; Lopez-Paz & Oquab 2017; Mann & Whitney 1947; DeLong et al. 1988",
        "Requests of one user that resemble each other make p too small. A sample of a few "
        "thousand misses what is rare; with more requests any difference shows: read the size.",
        "Whole requests",
    ),
    "told_apart": Explanation(
        "Features that tell the requests apart",
        "By how much the area under the curve falls when a feature’s values are shuffled among "
        "requests that the model had not seen: the mean of both halves, and each.",
        "The model is the one that was trained: another may use other features.",
        "Breiman 2001",
        "Features that say the same share their explanation, so that each looks unimportant.",
        "Whole requests",
    ),
    "monitor_table": Explanation(
        "Model Monitor’s files",
        "Values of this window that break a constraint of Model Monitor, counted, beside what "
        "drift says of the same feature.",
        "The constraints are those of the file as it stands.",
        "constraints.json and statistics.json of Model Monitor",
        "Its own drift threshold knows no sampling error: with few rows it rings for nothing.",
        "Drift",
    ),
    "prediction_drift": Explanation(
        "Drift of the predictions",
        "Production’s answers against the shadow’s, as two distributions. " + _DISTANCE,
        "None between the two answers of a pair: the interval is wider than need be. Pairs that "
        "hang together are allowed for by Cramér’s V (its chi-square and its rows are divided by "
        "the labels’ design effect), not by KS D.",
        "Smirnov 1939; Howard & Ramdas 2022; Bergsma 2013; Rao & Scott 1981",
        "Two models can agree as a whole and differ on every request: see Agreement.",
        "Drift",
    ),
    "prediction_drift_table": Explanation(
        "Drift of the predictions in numbers",
        "Every measure of distance between the two distributions of answers, with p where there is "
        "one.",
        "p takes the two samples for independent; answers of one request are not. Only chi-square "
        "allows for pairs that hang together.",
        "Smirnov 1939; Anderson 1962; Vallender 1974; Lin 1991; Yurdakul 2018",
        "Second opinions on one question: choosing the one that suits is a look too many.",
        "Drift",
    ),
    "slices_chart": Explanation(
        "Where the models disagree more",
        "Agreement inside a slice of the requests, by one dimension or where two meet, against "
        "agreement in all others. One half of the requests, by a hash of their id, is searched; "
        "the other half, which the search never saw, is drawn and alone confirms. Sorted by harm: "
        "size times excess disagreement.",
        "Requests are independent, so that the halves are.",
        "Fisher’s exact test, Benjamini & Hochberg 1995 over the search; Wilson 1927 for one look",
        "Identical requests, and requests of one user, fall into both halves: what hangs together "
        "confirms itself.",
        "Slices",
    ),
    "slices": Explanation(
        "Slices in numbers",
        "Agreement in both halves, the rest of the half held out, their difference, and q after "
        "allowing for all slices tested, then for all found. Shrunken: the searched agreement "
        "drawn towards that of all slices of the same dimensions, by as much as chance spreads it.",
        "Rates of the slices of a dimension follow a beta distribution, for the shrunken one.",
        "Fisher 1935; Newcombe 1998; Benjamini & Hochberg 1995; Kleinman 1973",
        "Slices with fewer than 20 pairs in a half are not listed: what happens there is not "
        "known. Shrinking draws one bad slice among many good ones a little too far.",
        "Slices",
    ),
}
