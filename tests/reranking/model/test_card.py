"""The model card, written with each model: what the manifest keeps, for people."""

import math
from dataclasses import replace

import pytest

from reranking.decisions.thresholds import DecisionsReport, HeldPrecision, Thresholds
from reranking.decisions.validation import RankedCategory
from reranking.model.card import render_card, weak_categories
from reranking.model.folder import load_reranker, save_reranker
from reranking.model.index_needs import EncoderNeeds
from reranking.model.training_report import JudgedBy


@pytest.fixture(scope="module")
def model(sample_model):
    return load_reranker(sample_model)


@pytest.fixture
def ranked(model):
    """The model with other categories, given as name: (matches, metric, held precision, threshold)."""

    def make(**categories):
        rows = [
            RankedCategory(name, 500, matches, metric, None) for name, (matches, metric, _, _) in categories.items()
        ]
        held = [
            HeldPrecision(name, matches, 0.75, 9, precision, 0.5, 0)
            for name, (matches, _, precision, _) in categories.items()
        ]
        thresholds = {name: threshold for name, (*_, threshold) in categories.items()}
        report = replace(model.report, categories=tuple(rows), decisions=DecisionsReport(1.645, tuple(held)))
        return replace(model, decisions=Thresholds(thresholds, 0.5, 0.5), report=report)

    return make


def test_it_is_written_with_the_model_and_says_what_the_manifest_says(model, sample_model):
    card = (sample_model / "model_card.md").read_text(encoding="utf-8")
    assert card == render_card(model)
    assert card.startswith(f"# Model {model.fingerprint}\n")
    report = model.report
    assert f"{report.rows:,} labelled pairs, {report.positives:,} of them matches" in card
    assert f"**{report.metric:.4f}**" in card
    assert f"index {report.index}" in card
    assert f"| rest | {report.valid_rows:,} | {report.valid_positives:,} |" in card


def test_what_is_fitted_on_all_products_is_named_with_what_the_index_has(model, root):
    fitted = "fitted on all products of an index, those of validation and test pairs too, without labels: "
    rarity = "the rarity of words, codes and attributes"
    assert f"{fitted}`lsa`, the lexical view's weights (idf), {rarity}\n" in render_card(model)
    for page in ("training.md", "evaluation.md"):  # which say the same
        said = " ".join((root / "docs" / page).read_text(encoding="utf-8").replace("**", "").split())
        assert all(part in said for part in ("all products of the index", "`lsa`, the lexical view's weights", rarity))
    other = replace(model.needs, views=("text",), encoders={"text": EncoderNeeds("static:model")})
    assert f"{fitted}{rarity}\n" in render_card(replace(model, needs=other))


def test_families_are_listed_strongest_first(model):
    added = [family.added for family in model.report.families]
    assert added == sorted(added, reverse=True)
    assert sum(family.features for family in model.report.families) == len(model.feature_names)
    first = model.report.families[0]
    assert f"| {first.family} | {first.added:.2f} | {first.features} | `{first.strongest[0]}`" in render_card(model)


def test_the_interval_of_the_metric_is_told_where_there_is_one(model):
    told = replace(model, report=replace(model.report, interval=(0.9, 0.95)))
    assert "(95 % interval 0.900 to 0.950)" in render_card(told)
    assert "interval" not in render_card(replace(model, report=replace(model.report, interval=None)))


def test_weak_categories_are_named_with_why(ranked):
    weak = weak_categories(
        ranked(
            good=(100, 0.9, 0.8, 0.4),
            few=(4, 0.9, 0.8, 0.4),
            poor=(100, 0.2, 0.8, 0.4),
            never=(100, 0.9, None, math.inf),
            missed=(100, 0.9, 0.7, 0.4),
        )
    )
    assert weak == {
        "few": ["only 4 validation matches, too few to measure"],
        "poor": ["`weighted` is 0.200"],
        "never": ["nothing is called a match"],
        "missed": ["held precision 0.700 where 0.75 was asked"],
    }


def test_a_best_guess_is_named_as_one(ranked):
    told = ranked(good=(100, 0.9, 0.8, 0.4), guessed=(100, 0.9, 0.8, 0.4))
    report = replace(told.report, decisions=replace(told.report.decisions, assumed=("guessed",)))
    assert weak_categories(replace(told, report=report)) == {"guessed": ["its threshold is a best guess"]}


def test_it_says_what_training_has_seen_and_which_pairs_judged(model):
    by = JudgedBy(seen=0.25, training=1234)
    card = render_card(replace(model, report=replace(model.report, judged_by=by)))
    assert "- training has matches of the products of 25.0% of the validation matches\n" in card
    assert "- thresholds and probabilities were chosen on 1,234 training pairs too, scored out of fold\n" in card


def test_without_weak_categories_none_are_known(ranked):
    assert "## Known weak categories\n\nNone known." in render_card(ranked(good=(100, 0.9, 0.8, 0.4)))


def test_a_categorys_name_cannot_break_the_table(ranked):
    card = render_card(ranked(**{"a | b\n<b>": (100, 0.9, 0.8, 0.4)}))
    assert r"| a \| b \<b\> | 500 |" in card


def test_a_card_that_people_write_into_leaves_the_model_whole(model, tmp_path):
    save_reranker(model, tmp_path / "model")
    with (tmp_path / "model" / "model_card.md").open("a", encoding="utf-8") as card:
        card.write("\nApproved by the category team.\n")
    assert load_reranker(tmp_path / "model").fingerprint == model.fingerprint


def test_a_model_of_before_the_cards_gets_a_short_one(model):
    """Its manifest keeps neither families nor categories."""
    report = replace(model.report, families=(), categories=(), interval=None, decisions=None, calibration=None)
    card = render_card(replace(model, report=report))
    assert "Not recorded." in card
    assert "None known." in card


@pytest.mark.parametrize(
    ("monotone", "said"),
    [
        ((), " rounds\n"),
        ((False, False), " rounds, none of them monotone\n"),
        ((True, True), " rounds, all monotone: their scores never fall where"),
        ((False, True, True), " rounds, number 2 and 3 of them monotone: their scores"),
    ],
)
def test_which_boosters_are_monotone_is_said_where_it_is_known(model, monotone, said):
    assert said in render_card(replace(model, report=replace(model.report, monotone=monotone)))


def test_a_model_says_which_of_its_boosters_are_monotone(model):
    assert model.report.monotone == (False, False)
    assert ", none of them monotone" in render_card(model)
