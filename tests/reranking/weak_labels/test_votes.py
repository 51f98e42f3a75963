import numpy as np

from reranking.weak_labels.votes import Votes, cast_votes

NAN = np.nan
NAMES = tuple(
    f"{view}_{name}"
    for view in ("text", "image")
    for name in ("cosine", "rank_smaller", "rank_larger", "better_offers_smaller", "better_offers_larger")
)


def features(*rows):
    return np.array(rows, dtype=np.float32)


class TestTheViewsVote:
    def test_a_view_is_for_products_that_are_each_others_nearest(self):
        pairs = features(
            [0.9, 1, 1, 0, 0, 0.8, 1, 1, 0, 0],
            [0.9, 1, 1, 0, 0, 0.8, 1, 2, 0, 0],
            [0.9, 1, NAN, 0, 0, 0.8, 2, 3, 0, 0],
        )
        votes = cast_votes(pairs, NAMES, ("text", "image"), by_source=False)
        assert votes.share.tolist() == [1.0, 0.5, 0.0]
        assert votes.levels.tolist() == [4, 3, 1]
        assert votes.highest == 4

    def test_among_sources_the_best_is_the_nearest_offer_of_the_others_source(self):
        pairs = features([0.9, 3, 7, 0, 0, 0.8, 2, 5, 0, 1])
        assert cast_votes(pairs, NAMES, ("text", "image"), by_source=True).share.tolist() == [0.5]
        assert cast_votes(pairs, NAMES, ("text", "image"), by_source=False).share.tolist() == [0.0]

    def test_who_has_no_source_is_the_best_where_it_is_the_nearest(self):
        pairs = features([0.9, 1, 1, NAN, NAN, 0.8, 1, 2, NAN, NAN])
        assert cast_votes(pairs, NAMES, ("text", "image"), by_source=True).share.tolist() == [0.5]

    def test_a_view_that_sees_only_one_of_the_products_does_not_vote(self):
        pairs = features([0.9, 1, 1, 0, 0, NAN, NAN, NAN, NAN, NAN], [NAN] * 10)
        assert cast_votes(pairs, NAMES, ("text", "image"), by_source=True).share.tolist() == [1.0, 0.0]


class TestWhatAVoteIsWorth:
    def test_it_is_the_ratio_of_how_often_matches_and_others_have_that_level(self):
        votes = Votes(np.zeros(400), np.repeat([0, 1], 200), 1)
        likely = np.repeat([0.0, 1.0, 0.0, 1.0], [150, 50, 50, 150])
        odds = votes.odds(likely)
        assert np.allclose(odds[[0, 399]], [51 / 151, 151 / 51])

    def test_a_higher_level_never_speaks_against_a_match(self):
        votes = Votes(np.zeros(300), np.repeat([0, 1, 2], 100), 2)
        odds = votes.odds(np.repeat([0.1, 0.8, 0.5], 100))
        assert odds[0] < odds[150] == odds[299]
