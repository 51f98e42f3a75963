"""What words say of a match: learned from pairs, exact sums, and read by a model that did not see the pair."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from indexing.catalog.catalog import FIELDS
from reranking.explain.wording.learned import told_tokens
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned.logistic import Logistic
from reranking.signals.learned.pair_tokens import (
    AGREEING,
    CONFLICTING,
    KINDS,
    MOST_OPPOSED,
    ONE_SIDED,
    ONE_SIDED_WITHIN,
    OPPOSED,
    SHARED,
    SHARED_WITHIN,
    bucket_within,
    key_buckets,
    opposed_bucket,
)
from reranking.signals.learned.stacking import FOLDS, Stacking
from reranking.signals.learned.word_training import train_words
from reranking.signals.learned.words import FEATURES, LearnedWords, WordModel, WordSignals
from reranking.signals.texts.bags import BUCKET_BITS, bucket_of


def product(title):
    return {**dict.fromkeys(FIELDS.names), "id": "x", "title": title}


NAMES = [feature.name for feature in FEATURES]


@pytest.fixture
def tokens_of(source_of):
    def tokens(left, right):
        found = source_of([left, right]).tokens(np.array([0], dtype=np.int32), np.array([1], dtype=np.int32))
        assert len(found.kinds) == KINDS
        return [set(kind.buckets.tolist()) for kind in found.kinds]

    return tokens


def test_words_are_in_both_in_one_or_against_each_other(tokens_of):
    found = tokens_of("apple phone black", "apple phone white new")
    assert found[SHARED] == {bucket_of("apple"), bucket_of("phone")}
    assert found[ONE_SIDED] == {bucket_of("black"), bucket_of("white"), bucket_of("new")}
    assert found[OPPOSED] == {opposed_bucket("black", "white"), opposed_bucket("new", "black")}


def test_each_pair_has_its_own_tokens_in_any_company(source_of):
    colours = ["red", "blue", None, "red", "red", "blue"]
    titles = ["a b c", "a d", "e", "", "b c d e", "a b"]
    offers = [
        {"title": title, "attributes": colour and {"colour": colour, "size": "4"}, "category_3": "phones"}
        for title, colour in zip(titles, colours, strict=True)
    ]
    source = source_of(offers)
    left, right = (np.array(side, dtype=np.int32) for side in ([0, 2, 3, 4], [1, 3, 5, 5]))
    together = source.tokens(left, right)
    for place in range(len(left)):
        alone = source.tokens(left[place : place + 1], right[place : place + 1])
        for kind, of_alone in zip(together.kinds, alone.kinds, strict=True):
            own = kind.buckets[kind.starts[place] : kind.starts[place + 1]]
            assert sorted(own.tolist()) == sorted(of_alone.buckets.tolist())


@pytest.mark.parametrize("category", ["phones", None])
def test_attributes_agree_or_conflict_by_themselves_and_in_the_category_of_both(tokens_of, category):
    left, right = (
        {"title": "a", "attributes": {"Colour": colour, "size": "4", lone: "1"}, "category_3": category}
        for colour, lone in (("red", "weight"), ("blue", "height"))
    )
    found = tokens_of(left, right)
    assert found[AGREEING] == set(key_buckets("size", category))
    assert found[CONFLICTING] == set(key_buckets("colour", category))
    assert len(found[AGREEING]) == (1 if category is None else 2)
    elsewhere = tokens_of(left, {**right, "category_3": "cases"})
    assert elsewhere[CONFLICTING] == set(key_buckets("colour", None))


def test_words_are_read_in_the_category_of_both_where_there_is_one(tokens_of):
    phone, case, bare = ({"title": f"apple {word}", "category_3": category} for word, category in
                         (("black", "phones"), ("white", "cases"), ("white", None)))  # fmt: skip
    found = tokens_of(phone, {**phone, "title": "apple white"})
    assert found[SHARED_WITHIN] == {bucket_within("apple", "phones")}
    assert found[ONE_SIDED_WITHIN] == {bucket_within(word, "phones") for word in ("black", "white")}
    assert bucket_within("apple", "phones") != bucket_within("apple", "cases")
    for other in (case, bare):
        found = tokens_of(phone, other)
        assert found[SHARED_WITHIN] == found[ONE_SIDED_WITHIN] == set()
        assert found[SHARED] == {bucket_of("apple")}


def test_what_a_word_says_in_a_category_is_added_to_what_it_says_everywhere(source_of):
    titles = [
        ("apple black", "phones"),
        ("apple", "phones"),
        ("apple", "cases"),
        ("apple black", None),
        ("apple", None),
    ]
    source = source_of([{"title": title, "category_3": category} for title, category in titles])
    weights = {
        ONE_SIDED << BUCKET_BITS | bucket_of("black"): -256,
        SHARED << BUCKET_BITS | bucket_of("apple"): 128,
        ONE_SIDED_WITHIN << BUCKET_BITS | bucket_within("black", "phones"): -512,
        SHARED_WITHIN << BUCKET_BITS | bucket_within("apple", "phones"): 64,
    }
    keys = np.array(sorted(weights), dtype=np.int32)
    model = WordModel(keys, np.array([weights[key] for key in keys.tolist()], dtype=np.int16), 0)
    signals = WordSignals(source, LearnedWords((model,)))
    left, right = np.array([0, 0, 3, 1]), np.array([1, 2, 4, 2])
    found = {name: signals.compute(left, right)[:, NAMES.index(name)].tolist() for name in NAMES[:4]}
    assert found["learned_one_sided"] == found["learned_one_sided_least"] == [-3.0, -1.0, -1.0, 0.0]
    assert found["learned_shared"] == [0.75, 0.5, 0.5, 0.5]
    assert found["learned_words"] == [-2.25, -0.5, -0.5, 0.5]
    told = told_tokens(model, *({**product(titles[row][0]), "category_3": "phones"} for row in (0, 1)))
    assert told == {"“black” in one title only": -3.0, "“apple” in both": 0.75}


def test_a_colour_is_learned_to_matter_where_it_does(source_of):
    """Phones of another colour are other products, cases of another colour are not."""
    random = np.random.default_rng(0)
    offers, targets = [], []
    for number in range(300):
        category = ("phones", "cases")[number % 2]
        words = [f"m{number % 9}", f"m{number % 9}"]
        if coloured := random.random() < 0.5:
            words[0] += " black"
        targets.append(float(category == "cases" or not coloured))
        offers += [{"title": word, "category_3": category} for word in words]
    left = np.arange(0, 600, 2)
    source, pairs = source_of(offers), LabelledPairs(left, left + 1, np.array(targets))
    stacking = Stacking.of(pairs, 600, seed=0, least=50)
    words = train_words(source, left.astype(np.int32), (left + 1).astype(np.int32), stacking)
    found = WordSignals(source, words).compute(left, left + 1)[:, 0]
    assert ((found > 0) == (pairs.targets == 1)).all()


def test_categories_by_which_words_say_the_same_are_left_alone(source_of):
    """What a word says hangs on the word alone, and categories are many: what is learned within them is chance."""
    random = np.random.default_rng(0)
    offers, targets = [], []
    for number in range(300):
        word = f"w{random.integers(20)}"
        targets.append(float(int(word[1:]) % 2 == 0) if random.random() < 0.8 else float(random.random() < 0.5))
        offers += [{"title": title, "category_3": f"c{number % 12}"} for title in (f"m {word}", "m")]
    left = np.arange(0, 600, 2)
    source, pairs = source_of(offers), LabelledPairs(left, left + 1, np.array(targets))
    stacking = Stacking.of(pairs, 600, seed=0, least=50)
    words = train_words(source, left.astype(np.int32), (left + 1).astype(np.int32), stacking)
    assert all((model.keys >> BUCKET_BITS < ONE_SIDED_WITHIN).all() for model in words.models)


@pytest.mark.parametrize(("category", "tokens"), [(0, 2), (7, 2), (-1, 1)])
def test_the_category_of_bucket_0_is_one_and_that_below_is_none(source_of, category, tokens):
    source = source_of([{"title": "a", "attributes": {"size": "4"}}] * 2)
    there = replace(source, categories=np.array([category, category]))
    found = there.tokens(np.array([0], dtype=np.int32), np.array([1], dtype=np.int32))
    assert len(found.kinds[AGREEING].buckets) == tokens


def test_titles_that_differ_too_much_have_no_opposed_words(tokens_of):
    some = int(MOST_OPPOSED**0.5)
    words = [f"w{n}" for n in range(2 * some + 2)]
    assert len(tokens_of(" ".join(words[:some]), " ".join(words[some : 2 * some]))[OPPOSED]) == some**2
    assert tokens_of(" ".join(words[: some + 1]), " ".join(words[some + 1 :]))[OPPOSED] == set()


@pytest.fixture(scope="module")
def market():
    """Offers of 400 products: a match says new or not; another colour is another product."""
    rng = np.random.default_rng(0)
    titles, left, right, targets = [], [], [], []
    for number in range(400):
        colour, other = rng.choice(["black", "white", "red"], 2, replace=False)
        model = f"m{number % 40}"
        titles += [f"phone {model} {colour}", f"phone {model} {colour} new", f"phone {model} {other}"]
        left += [3 * number, 3 * number]
        right += [3 * number + 1, 3 * number + 2]
        targets += [1.0, 0.0]
    return titles, LabelledPairs(np.array(left), np.array(right), np.array(targets))


@pytest.fixture(scope="module")
def learned(market, source_of):
    titles, pairs = market
    source = source_of(titles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reranking.signals.learned.stacking.LEAST_MATCHES", 50)
        stacking = Stacking.of(pairs, len(titles), seed=0)
    rows = stacking.pairs.left.astype(np.int32), stacking.pairs.right.astype(np.int32)
    return source, stacking, train_words(source, *rows, stacking)


def test_it_learns_which_words_matter(learned):
    weights = told_tokens(learned[2].models[0], *(product(title) for title in ("phone black", "phone white new")))
    assert weights["“new” in one title only"] > 0
    assert weights["“black” against “white”"] < 0 > weights["“black” in one title only"]
    assert len(weights) == 6


def test_the_parts_make_the_whole(learned, market):
    source, stacking, words = learned
    found = WordSignals(source, words).compute(stacking.pairs.left, stacking.pairs.right)
    parts = {name: found[:, NAMES.index(name)] for name in NAMES}
    sums = parts["learned_one_sided"] + parts["learned_shared"] + parts["learned_opposed"]
    np.testing.assert_allclose(parts["learned_words"], words.models[0].intercept / 256 + sums, atol=1e-6)
    assert (parts["learned_one_sided_least"] <= 0).any()
    titles = market[0]
    told = told_tokens(words.models[0], product(titles[0]), product(titles[2]))
    assert parts["learned_opposed_least"][1] == min(weight for what, weight in told.items() if "against" in what)
    assert sums[1] == pytest.approx(sum(told.values()))


def test_it_tells_matches(learned):
    source, stacking, words = learned
    found = WordSignals(source, words).compute(stacking.pairs.left, stacking.pairs.right)
    assert ((found[:, 0] > 0) == (stacking.pairs.targets == 1)).mean() > 0.95


def test_training_pairs_are_read_by_the_model_of_their_fold(learned):
    source, stacking, words = learned
    left, right = stacking.pairs.left, stacking.pairs.right
    assert len(words.models) == FOLDS + 1
    signals = WordSignals(source, words, out_of_fold=True)
    found = signals.compute(left, right)
    for fold in range(FOLDS):
        own = np.flatnonzero(stacking.folds[left] == fold)
        np.testing.assert_array_equal(found[own], signals.compute_by(fold + 1, left[own], right[own]))


def test_by_heart_nothing_is_known_out_of_fold(source_of):
    """Words that name one product each, and targets of chance: a fold's model has never seen them."""
    rng = np.random.default_rng(1)
    titles = [f"u{n} v{n} {rng.integers(3)}" for n in range(600)]
    left, right = np.arange(0, 600, 2), np.arange(1, 600, 2)
    pairs = LabelledPairs(left, right, (rng.random(300) < 0.5).astype(float))
    source = source_of(titles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reranking.signals.learned.stacking.LEAST_MATCHES", 50)
        patch.setattr("reranking.signals.learned.word_training.LEAST_PAIRS", 1)
        stacking = Stacking.of(pairs, 600, seed=0)
        words = train_words(source, left.astype(np.int32), right.astype(np.int32), stacking)
    right_of = {}
    for among in (False, True):
        found = WordSignals(source, words, out_of_fold=among).compute(left, right)[:, 0]
        right_of[among] = ((found > 0) == (pairs.targets == 1)).mean()
    assert right_of[False] > 0.9
    assert right_of[True] < 0.6


def test_blas_works_in_one_thread_and_has_its_own_again(learned, market, monkeypatch):
    """With more of them the last bits of sums would hang on how many there are."""
    source, stacking, _ = learned
    rows, seen, fit = source.rows.rows(stacking.pairs.left), [], Logistic.fit

    def watched(regression, *given):
        seen.append(blas_threads())
        return fit(regression, *given)

    monkeypatch.setattr(Logistic, "fit", watched)
    with threadpool_limits(2, user_api="blas"):
        train_words(source, rows, source.rows.rows(stacking.pairs.right), stacking)
        assert blas_threads() == {2}
    assert seen == [{1}] * len(seen) != []


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_it_is_stored_and_read(learned):
    model = learned[2].models[0]
    again = WordModel.read(model.stored())
    assert again.intercept == model.intercept
    np.testing.assert_array_equal(again.table, model.table)
    assert len(learned[2].stored().models) == 1


def test_a_title_without_words_is_unknown(source_of):
    source = source_of(["", "a"])
    model = WordModel(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int16), 100)
    found = WordSignals(source, LearnedWords((model,))).compute(np.array([0]), np.array([1]))
    assert np.isnan(found).all()


def test_swapping_left_and_right_leaves_all_as_it_is(learned):
    source, stacking, words = learned
    signals = WordSignals(source, words)
    pairs = stacking.pairs
    np.testing.assert_array_equal(signals.compute(pairs.left, pairs.right), signals.compute(pairs.right, pairs.left))
