"""Groups hang on their weakest link: the least likely of the matches that have to tie them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.grouping.group_files import NamedGroups
from reranking.grouping.linked_groups import link_groups
from reranking.grouping.scored_pairs import ScoredBlock

HERE = Path("scores.parquet")


def block(*rows, least=0.5):
    left, right, scores = zip(*rows, strict=True)
    values = np.array(scores, dtype=np.float64)
    return ScoredBlock(pa.array(left), pa.array(right), values, values, values >= least, np.arange(len(values)))


def named(**groups):
    ids = [(member, name) for name, members in groups.items() for member in members]
    ids.sort()
    return NamedGroups(pa.array([one for one, _ in ids]), pa.array([name for _, name in ids], pa.large_string()))


def linked(groups, *rows, **options):
    return link_groups(groups, [block(*rows, **options)], HERE)


def told(found, name):
    """The weakest link of a group, both sides of it as text, and the number of its parts."""
    number = found.members.number(name)
    row, ids = found.weakest[number], found.members.ids.to_pylist()
    ends = None if row < 0 else {ids[found.links.left[row]], ids[found.links.right[row]]}
    return ends, ["".join(ids[place] for place in side) for side in found.sides(number)], int(found.parts[number])


def test_the_weakest_link_is_the_one_whose_likelier_matches_do_not_tie_all():
    rows = ("a", "b", 0.9), ("c", "b", 0.6), ("a", "c", 0.55), ("c", "d", 0.8), ("d", "a", 0.1)
    found = linked(named(x="abcd"), *rows)
    assert told(found, "x") == ({"b", "c"}, ["ab", "cd"], 1)
    assert found.disagreements(0) == 1
    assert found.weakest_probabilities().tolist() == [0.6]


def test_the_smaller_side_comes_first():
    assert told(linked(named(x="abc"), ("a", "b", 0.6), ("b", "c", 0.9)), "x")[1] == ["a", "bc"]


def test_what_no_match_ties_is_a_part_of_its_own():
    found = linked(named(x="abcd", y="e"), ("a", "b", 0.9), ("c", "d", 0.2), ("b", "c", 0.1))
    assert told(found, "x") == ({"a", "b"}, ["a", "b"], 3)
    assert told(found, "y") == (None, ["", ""], 1)
    assert np.isnan(found.weakest_probabilities()[found.members.number("y")])


def test_matches_between_groups_are_shown_with_both():
    found = linked(named(x="ab", y="cd"), ("a", "b", 0.9), ("b", "c", 0.7), ("d", "a", 0.8), ("a", "c", 0.3))
    ids = found.members.ids.to_pylist()
    shown = {}
    for name in "xy":
        rows = found.cut.rows(found.members.number(name))
        shown[name] = [
            (ids[one], ids[other]) for one, other in zip(found.cut.left[rows], found.cut.right[rows], strict=True)
        ]
    assert shown == {"x": [("a", "d"), ("b", "c")], "y": [("d", "a"), ("c", "b")]}


def test_products_of_no_group_are_passed_over():
    found = linked(named(x="ab"), ("a", "b", 0.9), ("b", "z", 0.9))
    assert (len(found.links.left), len(found.cut.left)) == (1, 0)


def test_groups_without_scores_have_no_links():
    found = link_groups(named(x="abc"), [], HERE)
    assert told(found, "x") == (None, ["", ""], 3)


def test_repeats_are_refused():
    with pytest.raises(InputError, match=r"^scores\.parquet: the pair 'a' and 'b' occurs again"):
        linked(named(x="ab"), ("a", "b", 0.9), ("b", "a", 0.8))


pairs = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]),
    st.integers(0, 100).map(lambda percent: percent / 100),
    min_size=1,
    max_size=30,
)


@given(pairs, st.lists(st.sampled_from("xyz"), min_size=10, max_size=10))
def test_the_weakest_link_equals_that_of_a_plain_search(scored, names):
    """The model: matches are added from the likeliest on; the last one that ties two parts is the weakest."""
    groups = NamedGroups(pa.array(range(10)), pa.array(names, pa.large_string()))
    found = linked(groups, *((left, right, score) for (left, right), score in scored.items()))
    for name in set(names):
        number = found.members.number(name)
        parts, weakest = [{product} for product in range(10) if names[product] == name], None
        for (left, right), score in sorted(scored.items(), key=lambda item: -item[1]):
            if score >= 0.5 and names[left] == names[right] == name:
                joined = [part for part in parts if part & {left, right}]
                if len(joined) == 2:
                    parts, weakest = [part for part in parts if part not in joined] + [joined[0] | joined[1]], score
        assert found.parts[number] == len(parts)
        row = found.weakest[number]
        assert (None if row < 0 else found.links.probabilities[row]) == weakest
        if weakest is not None:
            sides = [set(found.members.ids.take(pa.array(side)).to_pylist()) for side in found.sides(number)]
            assert len(sides[0]) <= len(sides[1])
            assert sides[0] | sides[1] in parts
            assert not sides[0] & sides[1]
