"""The card and the picture of a training."""

from xml.etree import ElementTree

from reranking.encoder_training.loop.card import (
    LOSS,
    METRIC,
    Line,
    TrainingCard,
    curve_of,
    render_curve,
    stored_history,
)
from reranking.encoder_training.loop.run import Epoch, History

HISTORY = History((Epoch(0, None, 0.5, 1.0), Epoch(1, 0.9, 0.8, 61.0), Epoch(2, 0.4, 0.7, 121.0)), "all 2 epochs")
SVG = "{http://www.w3.org/2000/svg}"


def points(svg):
    lines = ElementTree.fromstring(svg).findall(f"{SVG}polyline")
    return [[tuple(map(float, point.split(","))) for point in line.get("points").split()] for line in lines]


def test_the_curve_draws_every_epoch_of_metric_and_loss():
    metric, loss = points(curve_of("a & b", "recall@10", HISTORY))
    assert len(metric) == 3
    assert len(loss) == 2
    assert metric[1][1] < metric[2][1] < metric[0][1]  # higher is better, and up is smaller in SVG
    assert loss[0][1] < loss[1][1]
    assert metric[1][0] == loss[0][0]


def test_the_curve_says_which_epoch_was_kept_and_escapes_its_title():
    svg = curve_of("a & b", "recall@10", HISTORY)
    texts = [text.text for text in ElementTree.fromstring(svg).findall(f"{SVG}text")]
    assert "epoch (kept: 1)" in texts
    assert "a & b" in texts


def test_a_flat_curve_and_one_of_no_loss_can_be_drawn():
    svg = render_curve("t", Line("loss", LOSS, [], []), Line("metric", METRIC, [0], [0.5]), kept=0)
    assert [len(line) for line in points(svg)] == [1]


def test_the_card_has_data_loss_metric_settings_and_limits(tmp_path):
    card = TrainingCard(
        "T", "Finds.", "base (1)", {"pairs": 12345}, "A loss.", "recall@10", {"a|b": 1}, "heroic", "None."
    )
    card.write(tmp_path, HISTORY)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    for part in ("from base (1)", "**0.8000** after epoch 1", "| pairs | 12,345 |", "A loss.", "| a|b | 1 |", "None.",
                 "training_curve.svg", "| 2 | 0.4000 | 0.7000 | 2.0 |"):  # fmt: skip
        assert part in text
    assert (tmp_path / "training_curve.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_history_is_stored_as_plain_values():
    stored = stored_history(HISTORY)
    assert stored["kept"] == 1
    assert stored["epochs"][2] == {"number": 2, "loss": 0.4, "metric": 0.7, "seconds": 121.0}
