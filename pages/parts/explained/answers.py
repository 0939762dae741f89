"""How are the numbers of the page Agreement computed?"""

from __future__ import annotations

from pages.parts.explained.explanation import Explanation

_ONE_BY_ONE = (
    "Pairs do not hang together, but for the rows of one record and what `cluster` names: those "
    "are allowed for."
)
_SEQUENCE = "Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021"

EXPLAINED = {
    "agreement": Explanation(
        "Agreement, for one look",
        "Pairs with the same answer, divided by all pairs whose answers could both be read. The "
        "interval is Wilson’s: all shares that such a count does not contradict.",
        _ONE_BY_ONE + " And one looks once, at the end.",
        "Wilson 1927; Brown, Cai & DasGupta 2001",
        "Looked at again and again it misses far more often than it says. It forgives a shadow "
        "that does not answer at all: read it with the best and worst case below.",
        "Agreement",
    ),
    "agreement_sequence": Explanation(
        "Agreement, at any time",
        "The same share. The interval holds every share that the pairs so far do not refute, "
        "however often that is asked: each is held against a mixture of all others.",
        _ONE_BY_ONE + " `planned_pairs` was not chosen after looking.",
        _SEQUENCE,
        "Requests of one user that resemble each other make it too narrow. It is wider than an "
        "interval for one look: the price of looking.",
        "For every look",
    ),
    "independent_pairs": Explanation(
        "Independent pairs",
        "Pairs ÷ design effect: how many single pairs would tell the agreement as surely as these, "
        "which came several to a record, or to what `cluster` names. At least so many: with a "
        "limit of the design effect that few clusters cannot hide from. Label shift, score bias "
        "and the errors of a paired log have design effects of their own.",
        "Clusters do not resemble each other, only the pairs inside one.",
        "Kish 1965; Rao & Scott 1992",
        "Without `cluster`, users who send many records are not seen by it: their requests still "
        "count one by one.",
        "Clusters",
    ),
    "kappa": Explanation(
        "Kappa",
        "Agreement less the agreement that the shares of the labels alone would give, divided by "
        "what was left to gain.",
        "Pairs are independent; both labels occur in dozens of pairs.",
        "Cohen 1960; Fleiss, Cohen & Everitt 1969",
        "Where one label has nearly all pairs it is small in spite of good agreement.",
        "Agreement",
    ),
    "bias": Explanation(
        "Bias",
        "The mean over all pairs of shadow minus production, with Student’s interval; where pairs "
        "hang together, that of as many clusters.",
        "No single pair weighs much: differences have no very long tails. " + _ONE_BY_ONE,
        "Bland & Altman 1986; Cochran 1977 (ratios of clusters’ sums)",
        "A few huge differences: look at the quantile limits.",
        "Scores",
    ),
    "limits_of_agreement": Explanation(
        "Limits of agreement",
        "Bias minus and plus 1.96 standard deviations of the differences: where 95 % of them lie.",
        "Differences are about normal.",
        "Bland & Altman 1986, 1999",
        "Differences far from normal: read the limits from quantiles below the table.",
        "Scores",
    ),
    "concordance": Explanation(
        "Concordance",
        "Twice the covariance of both scores, divided by the sum of their variances and the "
        "squared bias: correlation, less what another level or scale costs.",
        "The interval takes Fisher’s z of it for normal.",
        "Lin 1989",
        "A narrow range of scores lowers it, however close the models are.",
        "Scores",
    ),
    "likeness": Explanation(
        "Likeness of answers",
        "Each pair is compared once by a measure of its kind; shown is the mean over the pairs.",
        "Pairs are independent; the interval needs nothing of their shape where the measure has a "
        "range.",
        "Orabona & Jun 2024 for measures with a range: what nobody would have got rich by betting "
        "against; Wilson 1927 for yes or no, for every look Howard et al. 2021",
        "Each measure has its blind spot: one “not” hardly moves the likeness of two texts.",
        "Answers of several parts",
    ),
    "likeness_table": Explanation(
        "How alike the answers are",
        "Quantiles of each measure over the pairs: order statistics, without an interval.",
        "Nothing: they are read off the sorted values.",
        "The captures of this window",
        "Two pairs with the same likeness may differ in quite other ways.",
        "Answers of several parts",
    ),
    "similarity": Explanation(
        "How likeness is spread",
        "Pairs by their value of the measure that the rule of agreement looks at; the line is the "
        "limit from which on two answers agree.",
        "Nothing: it is a count.",
        "The captures of this window",
        "Pairs just below the limit and those far below it both count as different.",
        "Answers of several parts",
    ),
    "confusion": Explanation(
        "Who answered what",
        "Pairs counted by production’s label (row) and the shadow’s (column); the colour is the "
        "share of production’s row.",
        "Nothing: it is a count.",
        "The captures of this window",
        "Neither label is the truth: a cell off the diagonal says that the two differ, not who "
        "errs.",
        "Agreement",
    ),
    "shifts_table": Explanation(
        "Share of each label",
        "How often each gives a label; the difference is (gained − lost) ÷ pairs, its interval "
        "allows for the two answers being of the same request.",
        _ONE_BY_ONE + " The two tests below the table do not.",
        "Newcombe 1998 (method 10 for pairs); Rao & Scott 1992; Stuart 1955; Maxwell 1970; Bowker "
        "1948",
        "For one look. With few disagreements the two tests below the table know little.",
        "Agreement",
    ),
    "confusion_table": Explanation(
        "Who answered what, in numbers",
        "Pairs by both labels, and their share of production’s row.",
        "Nothing: it is a count.",
        "The captures of this window",
        "Neither label is the truth.",
        "Agreement",
    ),
    "quantiles_table": Explanation(
        "Quantiles of the differences",
        "Shadow minus production of every pair, sorted, and read at some places; below the table "
        "the limits that hold whatever their shape, for one look and for every look.",
        "Pairs are independent.",
        "David & Nagaraja 2003; Howard & Ramdas 2022",
        "Below about 150 pairs the outer limits are unbounded.",
        "Scores",
    ),
    "differences": Explanation(
        "Differences of the answers",
        "Shadow minus production of each pair: how many lie where, and at which quantiles.",
        "Nothing: counts and order statistics.",
        "The captures of this window; David & Nagaraja 2003 for the limits",
        "Below about 150 pairs the outer limits are unbounded. Where it says so, curves and "
        "quantiles are those of a sample.",
        "Scores",
    ),
    "bland_altman": Explanation(
        "Difference against size",
        "Each pair at the mean of its two scores and their difference; dashed are bias and limits "
        "of agreement.",
        "The limits take differences for normal and alike at every size.",
        "Bland & Altman 1986, 1999",
        "Where the cloud widens with the size, one limit for all sizes is too wide for the small "
        "and too narrow for the large.",
        "Scores",
    ),
    "fields": Explanation(
        "Which parts differ",
        "Of the pairs that have a part on either side, the share in which it differs, with "
        "Wilson’s interval; for numbers the mean difference with Student’s.",
        "Pairs are independent.",
        "Wilson 1927; the rules of comparison in the configuration",
        "Ids and times differ in every pair until they are ignored; lists are compared by "
        "position.",
        "Answers of several parts",
    ),
    "fields_table": Explanation(
        "All parts in numbers",
        "For each part the pairs that have it, the share in which it differs (Wilson), and for "
        "numbers the mean difference (Student), its spread and the largest.",
        "Pairs are independent.",
        "Wilson 1927; the rules of comparison in the configuration",
        "A few huge differences make a mean rough.",
        "Answers of several parts",
    ),
    "agreement_time": Explanation(
        "Agreement over time",
        "Agreement of each block of time by itself, with Wilson’s interval of that block.",
        "Pairs of a block are independent.",
        "Wilson 1927",
        "Each block is a look of its own: of a hundred of these intervals five miss. A quiet hour "
        "has a wide band, and shaded stretches have no captures.",
        "Agreement",
    ),
    "running": Explanation(
        "How the interval narrowed",
        "All pairs from the first to the one at each look: their agreement, the interval for every "
        "look at the verdict’s error, and Wilson’s beside it.",
        _ONE_BY_ONE,
        _SEQUENCE + "; Wilson 1927",
        "A window that slides, such as 24h, begins a new sequence each time.",
        "For every look",
    ),
    "answers": Explanation(
        "Both answers of a pair",
        "Every value of either answer at its place; those that differ stand first.",
        "Nothing: they are shown as they were captured.",
        "The two records of this pair",
        "Where both are long, only the first places are shown; the file has all.",
        "Agreement",
    ),
    "inputs": Explanation(
        "Both inputs of a pair",
        "Every value of either input at its place: both variants should have received the same.",
        "Nothing: they are shown as they were captured.",
        "The two records of this pair",
        "A pair with other inputs was matched by an id that was used twice.",
        "Coverage",
    ),
    "noise_of_one": Explanation(
        "A variant against itself",
        "Of the inputs that came twice, the share that the same variant answered otherwise the "
        "second time, with its interval.",
        "The same input asks for the same answer whenever it comes; inputs do not hang together.",
        "Diffy’s idea of a second primary, without one; Wilson 1927",
        "Inputs that come twice need not be like those that come once.",
        "Noise floor",
    ),
    "noise_between": Explanation(
        "Shadow against production, of repeated inputs",
        "The share of the same inputs on which the two disagreed the first time they came.",
        "The same inputs stand for the test.",
        "Wilson 1927",
        "It is of repeated inputs only: the agreement of all pairs stands above.",
        "Noise floor",
    ),
    "noise_beyond": Explanation(
        "Beyond noise",
        "Shadow against production, less production against itself, on the same inputs.",
        "Inputs do not hang together.",
        "Newcombe 1998 (method 10 for pairs)",
        "A model that draws its answers disagrees with itself: without this it is held against the "
        "shadow.",
        "Noise floor",
    ),
    "noise_of_second": Explanation(
        "Second source against production",
        "Of the requests that production, the shadow and the second source answered, the share "
        "that the second source answered otherwise than production, with its interval.",
        _ONE_BY_ONE + " The second source runs production's model, and hears the same requests.",
        "Diffy’s second primary; Wilson 1927; Rao & Scott 1992",
        "Another model, or other features at that moment, count as noise. Of one input that came "
        "again within seconds and was answered otherwise, no pairing by input is made.",
        "Noise floor",
    ),
    "noise_same_requests": Explanation(
        "Shadow against production, of the same requests",
        "The share of the same requests that the shadow answered otherwise than production.",
        _ONE_BY_ONE,
        "Wilson 1927; Rao & Scott 1992",
        "It is of requests that the second source answered too: the agreement of all pairs stands "
        "above.",
        "Noise floor",
    ),
    "noise_beyond_second": Explanation(
        "Beyond noise, by a second source",
        "Shadow against production, less the second source against production, on the same "
        "requests.",
        _ONE_BY_ONE,
        "Newcombe 1998 (method 10 for pairs), of what the requests are worth by Rao & Scott 1992",
        "A shadow that is steadier than production's model differs less than a second fleet of it: "
        "the value is negative.",
        "Noise floor",
    ),
    "pairs_shown": Explanation(
        "Pairs with different answers",
        "The newest pairs of this window that disagree (of answers of several parts, the least "
        "alike), as they were captured.",
        "Nothing: they are rows.",
        "The captures of this window",
        "These are not a random sample of all that disagree.",
        "Agreement",
    ),
}
