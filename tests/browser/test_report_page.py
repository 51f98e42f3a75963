"""The report in a browser: it opens quietly, and everything that moves works, by mouse and by keyboard."""

import pytest
import yaml

pytestmark = pytest.mark.browser


@pytest.fixture
def page(opened):
    return opened("report/report.html")


def names(page):
    return page.locator("table.categories tbody tr:visible th a").all_inner_texts()


def numbers(page, column):
    cells = page.locator(f"table.categories tbody tr td:nth-child({column})").all()
    return [float(cell.get_attribute("data-value")) for cell in cells]


def test_it_fits_its_width_and_shows_every_picture(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pictures = page.locator("img")
    assert pictures.count() > 0
    assert page.evaluate("[...document.images].every((image) => image.src.startsWith('data:image/jpeg'))")


def test_a_heading_sorts_and_sorts_back(page):
    pairs = page.get_by_role("button", name="pairs", exact=True).first
    pairs.click()
    assert numbers(page, 4) == sorted(numbers(page, 4), reverse=True)
    pairs.click()
    assert numbers(page, 4) == sorted(numbers(page, 4))
    assert page.locator("table.categories th[aria-sort=ascending]").count() == 1


def test_a_heading_is_reached_and_sorted_by_keyboard(page):
    page.get_by_role("button", name="category", exact=True).focus()
    page.keyboard.press("Enter")
    assert names(page) == ["<script>alert(1)</script>", "cables", "phones"]


def test_searching_leaves_what_is_named(page):
    page.get_by_label("Search").fill("PHON")
    assert names(page) == ["phones"]
    assert page.locator("#matching").inner_text() == "1 category"
    assert page.locator("details.category:visible").count() == 1
    page.get_by_label("Search").fill("")
    assert len(names(page)) == 3


def test_a_category_opens_with_its_plots_and_mistakes(page):
    page.get_by_role("link", name="cables", exact=True).click()
    section = page.locator("details.category[open]")
    section.locator(".plot svg.main-svg").first.wait_for()
    assert section.locator("summary span").first.inner_text() == "cables"
    assert section.locator(".plot[data-kind=curve] .main-svg").count() > 0
    assert section.locator(".plot[data-kind=histogram] .main-svg").count() > 0
    assert section.locator(".plot[data-kind=reliability] .main-svg").count() > 0
    assert section.locator(".strengths li").count() > 0
    assert section.locator(".mistakes section").count() == 2


def test_a_slider_changes_the_counts_of_its_category_and_the_total(page):
    row = page.locator("#cuts tbody tr").first
    slider, wrong = row.locator("input"), row.locator("td").nth(5)
    slider.focus()
    page.keyboard.press("End")
    loosest, total = int(wrong.inner_text().replace(",", "")), page.locator("#total-wrong").inner_text()
    assert row.locator("td").nth(3).inner_text() == "1.000"  # everything is called: all matches are found
    page.keyboard.press("Home")
    assert wrong.inner_text() == "0"
    assert row.locator("td").nth(1).inner_text() == "none"
    after = int(page.locator("#total-wrong").inner_text().replace(",", ""))
    assert int(total.replace(",", "")) - after == loosest > 0


def test_one_threshold_for_all_moves_every_category(page):
    common = page.get_by_label("One threshold for all")
    common.focus()
    page.keyboard.press("End")
    assert page.locator("#total-recall").inner_text() == "1.000"
    page.keyboard.press("Home")
    assert float(page.locator("#total-recall").inner_text()) < 0.5


def test_the_thresholds_chosen_are_downloaded_as_score_reads_them(page, tmp_path):
    from reranking.decisions.thresholds import read_thresholds

    page.locator("#cuts tbody tr").first.locator("input").focus()
    page.keyboard.press("Home")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download thresholds.yaml").click()
    assert waiting.value.suggested_filename == "thresholds.yaml"
    waiting.value.save_as(tmp_path / "thresholds.yaml")
    chosen = read_thresholds(tmp_path / "thresholds.yaml").by_category
    assert set(chosen) == {"phones", "cables", "<script>alert(1)</script>"}
    assert float("inf") in chosen.values()
    assert chosen == yaml.safe_load((tmp_path / "thresholds.yaml").read_text(encoding="utf-8"))


def test_the_models_thresholds_give_what_the_report_says_they_held(page):
    page.get_by_role("button", name="Model’s thresholds").click()
    held = page.locator("#decisions ~ .scroll tbody tr").first.locator("td").first.inner_text().split()[0]
    assert page.locator("#total-precision").inner_text().split()[0] == held


def test_text_and_its_ground_differ_enough(page):
    """WCAG AA: 4.5 to 1 for every text that is shown, on the ground that is behind it."""
    found = page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [entry for entry in found if entry["ratio"] < 4.5] == []


def test_the_comparison_opens_sorts_and_searches(opened):
    page = opened("moved/compare.html")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="change").click()
    assert page.locator("table.categories th[aria-sort]").count() == 1
    page.get_by_label("Search").fill("cab")
    assert page.locator("table.categories tbody tr:visible").count() == 1


CONTRASTS = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const over = (colours) => { // colours from the ground up, painted one over the other
    pen.clearRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.closest("svg, script, style, noscript, .skip")) continue;
    const grounds = [];
    for (let at = element; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
    const ground = over(["white", ...grounds]);
    const ink = over(["white", ...grounds, getComputedStyle(element).color]);
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
    found.push({ text: walker.currentNode.textContent.trim().slice(0, 30), ratio: (high + 0.05) / (low + 0.05) });
  }
  return found;
}"""
