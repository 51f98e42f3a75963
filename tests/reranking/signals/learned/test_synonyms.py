"""Keys that sellers call by different names are read as one, where matches say so and chance does not."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from indexing.catalog.catalog import FIELDS
from reranking.explain.wording.learned import told_tokens
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.learned.pair_tokens import AGREEING, CONFLICTING, key_buckets
from reranking.signals.learned.stacking import Stacking
from reranking.signals.learned.synonyms.keys import LEAST_AGREEING, StatedEntries
from reranking.signals.learned.synonyms.values import LEAST_GROUPS, learn_synonyms
from reranking.signals.learned.word_training import train_words
from reranking.signals.learned.words import WordModel, WordSignals
from reranking.signals.texts.attribute_values import plain_key, plain_value
from reranking.signals.texts.bags import bucket_of
from reranking.signals.texts.synonyms import Names, Synonyms


@pytest.fixture
def names_read(source_of):
    """What keys are read as, learned from matches that state these attributes."""

    def read(matches, categories=None, beside=()):
        every = [*matches, *beside]
        offers = [{"title": "a", "attributes": attributes} for match in every for attributes in match]
        keys = {key for match in matches for attributes in match for key in attributes}
        left = np.arange(0, 2 * len(matches), 2, dtype=np.int32)
        of_left = np.zeros(len(left), dtype=np.int64) if categories is None else np.array(categories)
        found = learn_synonyms(source_of(offers).attributes, left, left + 1, of_left, np.unique([left, left + 1]))
        names = {bucket_of(key): key for key in keys}
        return {names[key]: names[meant] for key, meant in zip(found.keys.names, found.keys.meant, strict=True)}

    return read


def colours(number, one="colour", other="shade"):
    """So many matches, of which one side calls its colour otherwise; there are many colours."""
    return [({one: f"c{n}"}, {other: f"c{n}"}) for n in range(number)]


def test_names_under_which_matches_state_one_value_are_one(names_read):
    more = [({"colour": "red"}, {})]  # the commoner name is the one that is read
    assert names_read([*colours(20), *more]) == {"shade": "colour"}
    assert names_read([*colours(20), ({}, {"shade": "red"})]) == {"colour": "shade"}


def test_what_is_learned_goes_with_the_pairs_whatever_is_prepared_beside_them(names_read):
    """As a training by workers prepares other products beside its pairs than one process does."""
    matches, both = [*colours(20), ({"colour": "red"}, {})], {"colour": "red", "shade": "blue"}
    assert names_read(matches, beside=[({"shade": "red"}, {"shade": "red"})] * 9) == {"shade": "colour"}
    assert names_read(matches, beside=[(both, both)] * 9) == {"shade": "colour"}


@pytest.mark.parametrize("block", [1, 7])
def test_pairs_are_looked_at_a_block_at_a_time(names_read, monkeypatch, block):
    """For a yes that stands under thirty keys of both sides agrees nine hundred times a pair."""
    met = []
    agreeing = StatedEntries.agreeing
    monkeypatch.setattr(
        StatedEntries, "agreeing", lambda own, left, right: met.append(len(left)) or agreeing(own, left, right)
    )
    matches = [*colours(20), ({"colour": "red"}, {}), ({"colour": "red"}, {"shade": "red", "material": "red"})]
    assert names_read(matches) == {"shade": "colour"}
    whole = max(met)
    met.clear()
    for module in ("keys", "values"):
        monkeypatch.setattr(f"reranking.signals.learned.synonyms.{module}.BLOCK_PAIRS", block)
    assert names_read(matches) == {"shade": "colour"}
    assert max(met) == block < whole


def test_it_does_not_matter_which_side_has_which_name(names_read):
    turned = [match[::-1] if n % 2 else match for n, match in enumerate(colours(20))]
    assert names_read([*turned, ({"colour": "red"}, {})]) == {"shade": "colour"}


@pytest.mark.parametrize(("matches", "found"), [(LEAST_AGREEING - 1, {}), (LEAST_AGREEING, {"shade": "colour"})])
def test_a_few_matches_are_chance(names_read, matches, found):
    assert names_read([*colours(matches), ({"colour": "red"}, {})]) == found


def test_three_names_are_one(names_read):
    matches = colours(20) + colours(20, "shade", "finish")
    assert names_read(matches) == {"colour": "shade", "finish": "shade"}


def test_two_facts_that_one_product_states_are_two(names_read):
    """Width and depth are equal in every match, and of other values in every product: as alike as names can be."""
    sides = [({"width": f"{n}"}, {"depth": f"{n}"}) for n in range(40)]
    assert names_read(sides) == {"width": "depth"} or names_read(sides) == {"depth": "width"}
    both = {"width": "1", "depth": "2"}
    assert names_read([*sides, (both, both), (both, both)]) == {}
    assert len(names_read([*sides, (both, {})])) == 1  # of 41 products one: a slip


def test_what_everybody_states_is_no_sign(names_read):
    assert names_read([({"warranty": "1 year"}, {"made in": "1 year"}) for _ in range(60)]) == {}


def test_what_all_of_a_category_state_is_no_sign(names_read):
    matches = [({"type": f"t{n % 6}"}, {"series": f"t{n % 6}"}) for n in range(90)]
    assert names_read(matches, categories=[n % 6 for n in range(90)]) == {}
    assert len(names_read(matches)) == 1  # beside other products it is one


def test_names_that_mostly_disagree_are_two(names_read):
    wrong = [({"colour": f"c{n}"}, {"shade": "other"}) for n in range(40)]
    assert names_read([*colours(20), *wrong]) == {}
    assert len(names_read([*colours(20), *wrong[:5]])) == 1


def test_nothing_is_learned_of_no_matches_and_no_attributes(names_read):
    assert names_read([]) == {} == names_read([({}, {})] * 10)


def tokens(source, synonyms):
    found = source.read_by(synonyms).tokens(np.array([0], dtype=np.int32), np.array([1], dtype=np.int32))
    return [set(kind.buckets.tolist()) for kind in found.kinds]


def read_as(name, meant):
    return Names(*(np.array([bucket_of(each)], dtype=np.int32) for each in (name, meant)))


SHADE = Synonyms(read_as("shade", "colour"))


@pytest.mark.parametrize(("value", "kind"), [("red", AGREEING), ("blue", CONFLICTING)])
def test_keys_that_are_one_agree_or_conflict(source_of, value, kind):
    offers = [{"title": "a", "attributes": {"colour": "red"}}, {"title": "a", "attributes": {"shade": value}}]
    source = source_of(offers)
    assert not any(tokens(source, Synonyms())[AGREEING:])
    found = tokens(source, SHADE)
    assert found[kind] == set(key_buckets("colour", None)) == set(key_buckets("shade", None, SHADE))
    assert sum(map(len, found[AGREEING:])) == 1


def test_threads_that_begin_at_once_read_the_attributes_once(source_of, monkeypatch):
    together, read, real = Barrier(4), [], AttributeSignals.read_by

    def slowly(attributes, synonyms):
        read.append(synonyms)
        time.sleep(0.05)  # the others ask meanwhile
        return real(attributes, synonyms)

    monkeypatch.setattr(AttributeSignals, "read_by", slowly)
    source = source_of([{"title": "a", "attributes": {"shade": "red"}}])

    def ask(_):
        together.wait()
        return source.read_by(SHADE)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(4)))
    assert read == [SHADE]
    assert all(one is found[0] for one in found)


def test_other_keys_stay_as_they_are(source_of):
    first = {"colour": "red", "size": ["4", "5"], "weight": "1 kg"}
    second = {"shade": "red", "colour": "blue", "size": "5", "weight": "2 kg"}
    source = source_of([{"title": "a", "attributes": attributes} for attributes in (first, second)])
    found = tokens(source, SHADE)
    assert found[AGREEING] == {bucket_of("colour"), bucket_of("size")}
    assert found[CONFLICTING] == {bucket_of("weight")}


def learned_words(source_of, offers, left, right, targets):
    pairs = LabelledPairs(np.array(left), np.array(right), np.array(targets))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reranking.signals.learned.stacking.LEAST_MATCHES", 50)
        stacking = Stacking.of(pairs, len(offers), seed=0)
    source = source_of(offers)
    rows = stacking.pairs.left.astype(np.int32), stacking.pairs.right.astype(np.int32)
    return source, stacking, train_words(source, *rows, stacking)


@pytest.fixture(scope="module")
def market(source_of):
    """Products whose second offer calls the colour otherwise: a shade, but a tint where the product's number is 3 of 4. Another
    colour is another product."""
    rng = np.random.default_rng(0)
    offers, left, right, targets = [], [], [], []
    for number in range(240):
        name = "tint" if number % 4 == 3 else "shade"
        own, other = f"c{rng.integers(30)}", f"c{30 + rng.integers(30)}"
        for key, value in (("colour", own), (name, own), (name, other)):
            offers.append({"title": f"lamp m{number}", "attributes": {key: value}})
        left += [3 * number, 3 * number]
        right += [3 * number + 1, 3 * number + 2]
        targets += [1.0, 0.0]
    return learned_words(source_of, offers, left, right, targets)


def test_what_the_keys_say_is_learned_by_their_meaning(market):
    source, stacking, words = market
    assert len(words.models[0].synonyms) == 2
    told = WordSignals(source, words).compute(stacking.pairs.left, stacking.pairs.right)[:, 0]
    assert ((told > 0) == (stacking.pairs.targets == 1)).all()


def test_a_model_stored_and_read_says_the_same(market):
    source, stacking, words = market
    again = WordModel.read(words.models[0].stored())
    assert again.synonyms.stored().tolist() == words.models[0].synonyms.stored().tolist()
    for model in (again, words.models[0]):
        found = WordSignals(source, type(words)((model,))).compute(stacking.pairs.left, stacking.pairs.right)
        np.testing.assert_array_equal(
            found, WordSignals(source, words).compute(stacking.pairs.left, stacking.pairs.right)
        )


def test_a_fold_is_read_by_names_that_others_have(market, source_of):
    """Products of one fold alone call it tint: they read it as something of its own."""
    _, stacking, _ = market
    offers, pairs = [], stacking.pairs
    for number in range(240):
        fold = stacking.folds[3 * number]
        name = "tint" if fold == 1 else "shade"
        offers += [{"title": "lamp", "attributes": {key: f"c{number}"}} for key in ("colour", name)]
        offers.append({"title": "lamp", "attributes": {name: "other"}})
    rows = pairs.left.astype(np.int32), pairs.right.astype(np.int32)
    models = train_words(source_of(offers), *rows, stacking).models
    known = [bucket_of("tint") in model.synonyms.keys.names for model in models]
    assert known == [True, True, False, True, True, True]
    assert models[1].synonyms is models[3].synonyms  # what is the same is one, and read once


def row(attributes):
    entries = [{"key": key, "value": value} for key, value in attributes.items()]
    return {**dict.fromkeys(FIELDS.names), "id": "x", "title": "lamp", "attributes": entries}


def test_both_names_are_told(market):
    words = market[2].models[0]
    told = told_tokens(words, row({"Colour": "c1", "Size": "4"}), row({"Shade": "c2", "Size": "4"}))
    assert told["“Colour”, “Shade”, in conflict"] < 0
    assert told_tokens(words, row({"Colour": "c1"}), row({"Tint": "c1"}))["“Colour”, “Tint”, equal"] > 0
    assert told_tokens(words, row({"Shade": "c1"}), row({"Shade": "c1"}))["“Shade” equal"] > 0
    assert "“Colour”" not in str(told_tokens(words, row({"Colour": "c1"}), row({"Sheen": "c1"})))


COLOURS = ["red", "blue", "green", "black", "white", "grey"]
FARBEN = dict(zip(COLOURS, ["rot", "blau", "grün", "schwarz", "weiß", "grau"], strict=True))


@pytest.fixture
def values_read(source_of):
    """What values and keys are read as, learned from matches that state these attributes."""

    def read(matches, categories=None):
        offers = [{"title": "a", "attributes": attributes} for match in matches for attributes in match]
        entries = [entry for match in matches for attributes in match for entry in attributes.items()]
        left = np.arange(0, 2 * len(matches), 2, dtype=np.int32)
        of_left = np.zeros(len(left), dtype=np.int64) if categories is None else np.array(categories)
        found = learn_synonyms(source_of(offers).attributes, left, left + 1, of_left, np.unique([left, left + 1]))
        texts = {bucket_of(plain_key(key)): key for key, _ in entries}
        texts |= {bucket_of(plain_value(value)): value for _, value in entries if isinstance(value, str)}
        return [
            {texts[name]: texts[meant] for name, meant in zip(names.names, names.meant, strict=True)}
            for names in (found.values, found.keys)
        ]

    return read


def said_otherwise(rounds, key="colour", other="colour"):
    """Matches of so many rounds of all colours, of which one side says its colour otherwise; others say it alike."""
    alike = [({key: colour}, {key: colour}) for colour in COLOURS for _ in range(rounds)]
    return [*alike, *(({key: colour}, {other: FARBEN[colour]}) for colour in COLOURS for _ in range(rounds))]


def test_values_that_matches_state_for_one_another_are_one(values_read):
    values, keys = values_read(said_otherwise(20))
    assert values == {farbe: colour for colour, farbe in FARBEN.items()}
    assert not keys


def test_it_does_not_matter_which_side_says_which_value(values_read):
    turned = [match[::-1] if n % 2 else match for n, match in enumerate(said_otherwise(20))]
    assert values_read(turned)[0] == {farbe: colour for colour, farbe in FARBEN.items()}


def test_values_tell_keys_of_another_language(values_read):
    values, keys = values_read(said_otherwise(20, other="farbe"))
    assert keys == {"farbe": "colour"}
    assert values == {farbe: colour for colour, farbe in FARBEN.items()}


def test_a_value_that_stands_against_any_other_is_itself(values_read):
    """Colours that are filled in wrong stand against each other as chance has it."""
    rng = np.random.default_rng(0)
    wrong = [({"colour": one}, {"colour": other}) for one, other in rng.permuted([COLOURS] * 60, axis=1)[:, :2]]
    assert values_read(wrong) == [{}, {}]


def test_values_of_too_few_matches_or_products_are_themselves(values_read):
    assert values_read(said_otherwise(LEAST_AGREEING - 1)) == [{}, {}]


@pytest.mark.parametrize(("products", "learned"), [(LEAST_GROUPS - 1, 0), (LEAST_GROUPS, 2)])
def test_values_of_few_products_are_themselves(source_of, products, learned):
    """However many offers of each match one another."""
    offers, pairs = [], []
    for _ in range(products):
        for one, other in (("red", "rot"), ("blue", "blau")):
            first = len(offers)
            offers += [{"title": "a", "attributes": {"colour": colour}} for colour in [one] * 6 + [other] * 6]
            pairs += [(first + n, first + 6 + m) for n in range(6) for m in range(6)]
    left, right = np.array(pairs, dtype=np.int32).T
    rows = np.arange(len(offers), dtype=np.int32)
    found = learn_synonyms(source_of(offers).attributes, left, right, np.zeros(len(left), dtype=np.int64), rows)
    assert len(found.values) == learned


def test_yes_and_no_stand_against_each_other_by_chance(values_read):
    """Of a key with two values any that is not the one is the other."""
    rng = np.random.default_rng(0)
    matches = [({"wireless": one}, {"wireless": other}) for one, other in rng.choice(["yes", "no"], (300, 2))]
    assert values_read(matches) == [{}, {}]


def test_values_that_one_product_states_are_two(values_read):
    both = {"colour": ["red", "rot"]}
    matches = [*((({"colour": "red"}, {"colour": "rot"}),) * 30), *((({"colour": "blue"}, {"colour": "blau"}),) * 30)]
    assert set(values_read(matches)[0]) & {"red", "rot"}
    assert not set(values_read([*matches, (both, both), (both, both)])[0]) & {"red", "rot"}


def test_values_that_are_one_agree(source_of):
    offers = [{"title": "a", "attributes": {"colour": colour, "size": "4"}} for colour in ("red", "rot")]
    source = source_of(offers)
    assert tokens(source, Synonyms())[CONFLICTING] == {bucket_of("colour")}
    found = tokens(source, Synonyms(values=read_as("rot", "red")))
    assert found[AGREEING] == {bucket_of("colour"), bucket_of("size")}
    assert not found[CONFLICTING]


@pytest.fixture(scope="module")
def languages(source_of):
    """Products whose second offer is in another language, values as keys; another colour is another product."""
    rng = np.random.default_rng(0)
    offers, left, right, targets = [], [], [], []
    for number in range(360):
        own, other = rng.permutation(COLOURS)[:2]
        offers.append({"title": f"lamp m{number}", "attributes": {"colour": own}})
        offers += [{"title": f"lamp m{number}", "attributes": {"farbe": FARBEN[colour]}} for colour in (own, other)]
        left += [3 * number, 3 * number]
        right += [3 * number + 1, 3 * number + 2]
        targets += [1.0, 0.0]
    return learned_words(source_of, offers, left, right, targets)


def test_what_values_say_is_learned_by_their_meaning(languages):
    source, stacking, words = languages
    told = WordSignals(source, words).compute(stacking.pairs.left, stacking.pairs.right)[:, 0]
    assert ((told > 0) == (stacking.pairs.targets == 1)).all()


def test_values_stored_and_read_say_the_same(languages):
    source, stacking, words = languages
    again = WordModel.read(words.models[0].stored())
    assert len(again.synonyms.values) == len(words.models[0].synonyms.values) == len(COLOURS)
    found = WordSignals(source, type(words)((again,))).compute(stacking.pairs.left, stacking.pairs.right)
    np.testing.assert_array_equal(found, WordSignals(source, words).compute(stacking.pairs.left, stacking.pairs.right))


def test_both_values_are_told(languages):
    words = languages[2].models[0]
    told = told_tokens(words, row({"Colour": "Red", "Size": "4"}), row({"Farbe": "rot", "Size": "4"}))
    assert told["“Colour”, “Farbe”, equal, “Red” and “rot”"] > 0
    assert told_tokens(words, row({"Colour": "Red"}), row({"Farbe": "blau"}))["“Colour”, “Farbe”, in conflict"] < 0
    assert told_tokens(words, row({"Colour": "Red"}), row({"Colour": "red"}))["“Colour” equal"] > 0
