"""Patches: what their rows do not mind and what they tell apart, what is learned of which pictures, and how it is kept."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps
from threadpoolctl import threadpool_limits

from indexing.encoders.pictures.patches.fitting import fit_patches
from indexing.encoders.pictures.patches.model import (
    ARRAYS_FILE,
    Mixture,
    PatchEncoder,
    PatchModel,
    color_cells,
    color_patches,
    load_patches,
    smaller,
)
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import watched
from indexing.encoders.thumbnail import describe, thumbnail
from indexing.errors import InputError, Unfinished

SMALL = PatchOptions(components=8, dim=6)
DRAWN = 24


def fruit(seed, *, background="white"):
    """A box of round things of one or two colours, each product's own."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (120, 120), background)
    pen = ImageDraw.Draw(picture)
    colours = [tuple(int(channel) for channel in random.integers(0, 230, size=3)) for _ in range(2)]
    for number in range(30):
        left, top = random.integers(5, 95, size=2).tolist()
        pen.ellipse((left, top, left + 20, top + 20), fill=colours[number % 3 % 2])
    return picture


@pytest.fixture
def catalog(catalog_of, tmp_path):
    for number in range(DRAWN):
        fruit(number).save(tmp_path / f"{number}.png")
    return catalog_of(id=list(range(DRAWN)), images=[[f"{number}.png"] for number in range(DRAWN)])


@pytest.fixture
def fitted(catalog):
    return fit_patches(catalog, SMALL)


@pytest.fixture
def cosine(catalog):
    """The cosine of two pictures by patches alone."""
    model = fit_patches(catalog, replace(SMALL, dim=16, share=1.0))

    def of(one, other):
        rows = model.encode_pixels(np.stack([model.prepare(picture) for picture in (one, other)]))
        return float(rows[0] @ rows[1])

    return of


@pytest.mark.parametrize(
    "changed",
    [
        ImageOps.mirror,
        lambda picture: picture.rotate(180),
        lambda picture: picture.crop((0, 0, 100, 90)),
        lambda picture: picture.resize((300, 300)),
    ],
)
def test_what_is_mirrored_turned_cut_or_scaled_looks_the_same(cosine, changed):
    others = [cosine(fruit(0), fruit(seed)) for seed in range(1, 8)]
    assert cosine(fruit(0), changed(fruit(0))) > max(0.8, *others)


def test_another_ground_hides_less_than_another_colour(cosine):
    shelf = fruit(0, background="ivory")
    assert cosine(fruit(0), shelf) > max(cosine(fruit(0), fruit(seed)) for seed in range(1, 8))


def slow_fisher(cells, mixture):
    """The gradients of the mean log-likelihood, one cell and one Gaussian after the other (Perronnin et al., 2010)."""
    found = []
    placed = (cells.astype(float) - mixture.middle) @ mixture.axes.astype(float)
    for center, deviation, share in zip(mixture.centers, mixture.deviations, mixture.shares, strict=True):
        shift = spread = 0
        for cell in placed:
            densities = [
                w * np.prod(np.exp(-((cell - c) ** 2) / (2 * d.astype(float) ** 2)) / d)
                for c, d, w in zip(mixture.centers, mixture.deviations, mixture.shares, strict=True)
            ]
            own = share * np.prod(np.exp(-((cell - center) ** 2) / (2 * deviation.astype(float) ** 2)) / deviation)
            belongs = own / sum(densities) / len(placed)
            shift += belongs * (cell - center) / deviation / np.sqrt(share)
            spread += belongs * ((cell - center) ** 2 / deviation**2 - 1) / np.sqrt(2 * share)
        found += [*shift, *spread]
    signed = np.sign(found) * np.sqrt(np.abs(found))
    return signed / np.linalg.norm(signed)


def test_fisher_vectors_are_the_gradients_that_are_written_down():
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.normal(size=(6, 6)))[0]
    mixture = Mixture(
        *(
            np.asarray(array, dtype=np.float32)
            for array in (
                random.normal(size=6),
                axes,
                random.normal(size=(3, 6)),
                random.uniform(0.5, 2, (3, 6)),
                [0.5, 0.3, 0.2],
            )
        )
    )
    cells = random.normal(size=(2, 7, 6)).astype(np.float32)
    found = mixture.fisher_vectors(cells)
    assert found.dtype == np.float32
    for row, own in zip(found, cells, strict=True):
        np.testing.assert_allclose(row, slow_fisher(own, mixture), atol=1e-4)


def test_cells_hold_means_and_deviations_of_their_own_pixels():
    pixels = np.full((1, 8, 8, 3), 255, dtype=np.uint8)
    pixels[0, :4, :4] = 0
    pixels[0, 4:, :2] = 0
    whole, quarters = color_cells(pixels, PatchOptions(side=8, cells=(8, 4)))
    assert (whole.shape, quarters.shape) == ((1, 1, 1, 6), (1, 2, 2, 6))
    assert quarters[0, :, :, 0] == pytest.approx(np.array([[0, 1], [0.5, 1]]), abs=1e-3)  # lightness
    assert quarters[0, :, :, 3] == pytest.approx(np.array([[0, 0], [0.5, 0]]), abs=2e-3)
    assert whole[0, 0, 0, 0] == pytest.approx(0.625, abs=1e-3)


def test_a_patch_is_the_cells_of_a_window_row_by_row():
    pixels = np.random.default_rng(0).integers(0, 255, size=(2, 12, 12, 3), dtype=np.uint8)
    options = PatchOptions(side=12, cells=(4, 6), window=2)
    (small, large), patches = color_cells(pixels, options), color_patches(pixels, options)
    assert patches.shape == (2, 4 + 1, 4 * 6)
    for place, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        window = small[:, row : row + 2, column : column + 2].reshape(2, -1)
        np.testing.assert_array_equal(patches[:, place], window)
    np.testing.assert_array_equal(patches[:, 4], large.reshape(2, -1))


def test_a_row_holds_patches_by_their_share_and_the_thumbnail(fitted):
    picture = fruit(3)
    pixels = fitted.prepare(picture)[None]
    (row,) = fitted.encode_pixels(pixels)
    assert len(row) == fitted.dim == SMALL.dim + 320
    assert row[: SMALL.dim] @ row[: SMALL.dim] == pytest.approx(SMALL.share, abs=1e-6)
    (whole,) = describe(smaller(pixels, 32))
    np.testing.assert_allclose(row[SMALL.dim :], whole * np.sqrt(1 - SMALL.share), atol=1e-6)
    assert whole @ describe(thumbnail(picture)[None])[0] > 0.99


def test_rows_are_the_same_to_the_last_bit_with_any_number_of_threads(catalog):
    """As of workers that have one, beside a machine that has several."""
    model, random = fit_patches(catalog, PatchOptions()), np.random.default_rng(0)
    pixels, rows = random.integers(0, 256, size=(64, 96, 96, 3)).astype(np.uint8), []
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            rows.append(model.encode_pixels(pixels))
    assert (rows[0] == rows[1]).all()
    assert (rows[0] == rows[2]).all()


@pytest.mark.parametrize("together", [1, 2, 7])
def test_a_picture_has_the_same_bits_beside_whatever_others(catalog, together):
    """As in an update, which looks at few at a time and keeps the rows of those that are as they were."""
    model, random = fit_patches(catalog, PatchOptions()), np.random.default_rng(0)
    pixels = random.integers(0, 256, size=(64, 96, 96, 3)).astype(np.uint8)
    few = [model.encode_pixels(pixels[start : start + together]) for start in range(0, 64, together)]
    np.testing.assert_array_equal(np.concatenate(few), model.encode_pixels(pixels))


def test_neither_the_order_of_products_nor_their_number_of_a_picture_matters(catalog, fitted):
    order = np.random.default_rng(1).permutation(DRAWN)
    for places in (order, np.concatenate([order, order[:5]])):
        again = fit_patches(catalog.take(places), SMALL)
        for name, learned in fitted.arrays.items():
            np.testing.assert_array_equal(again.arrays[name], learned, err_msg=name)


def test_what_pictures_are_called_does_not_matter(catalog_of, catalog, fitted, tmp_path):
    """Where all are learned from: of many, names choose."""
    for number in range(DRAWN):
        (tmp_path / f"again-{number}.png").write_bytes((tmp_path / f"{number}.png").read_bytes())
    renamed = catalog_of(id=list(range(DRAWN)), images=[[f"again-{number}.png"] for number in range(DRAWN)])
    for name, learned in fit_patches(renamed, SMALL).arrays.items():
        np.testing.assert_array_equal(learned, fitted.arrays[name], err_msg=name)


def test_it_does_not_matter_which_of_two_equal_pictures_a_thread_decodes_first(
    catalog_of, catalog, tmp_path, monkeypatch
):
    for number in range(DRAWN):
        (tmp_path / f"{number}-again.png").write_bytes((tmp_path / f"{number}.png").read_bytes())
    names = [f"{number}{again}.png" for number in range(DRAWN) for again in ("", "-again")]
    twice = catalog_of(id=list(range(2 * DRAWN)), images=[[name] for name in names])
    model = fit_patches(twice, SMALL)

    def last_first(decoding, references, patience):
        answers = list(watched(decoding, references, patience))
        pixels = {answer.digest: answer.pixels for answer in answers if answer.pixels is not None}
        last = {answer.digest: number for number, answer in enumerate(answers)}
        for number, answer in enumerate(answers):
            yield replace(answer, pixels=pixels[answer.digest] if last[answer.digest] == number else None)

    monkeypatch.setattr("indexing.encoders.pictures.patches.fitting.watched", last_first)
    for name, learned in fit_patches(twice, SMALL).arrays.items():
        np.testing.assert_array_equal(learned, model.arrays[name], err_msg=name)


def test_of_many_pictures_some_are_learned_from(catalog, fitted):
    few = replace(SMALL, most_pictures=5)
    seen = []
    model = fit_patches(catalog, few, lambda stage, done, total: seen.append((stage, done, total)))
    assert {total for _, _, total in seen} == {5}
    assert seen[-1] == ("fit pictures", 5, 5)
    assert not np.array_equal(model.mean, fitted.mean)
    assert np.flatnonzero(model.projection.any(axis=0)).tolist() == [
        0,
        1,
        2,
        3,
    ]  # five pictures differ in four directions


@pytest.mark.parametrize("drawn", [0, 1, 2])
def test_however_few_pictures_there_are_rows_are_as_long(catalog, drawn, tmp_path):
    model = fit_patches(catalog.take(np.arange(drawn)), SMALL)
    rows = model.encode_pixels(np.stack([model.prepare(fruit(seed)) for seed in range(3)]))
    assert rows.shape == (3, SMALL.dim + 320)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert rows[:, : SMALL.dim].any() == (drawn > 1)


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_pictures_of_one_plain_colour_are_learned_from(catalog_of, tmp_path, colour):
    for number in range(3):
        Image.new("RGB", (20 + number, 30), colour).save(tmp_path / f"{number}.png")
    catalog = catalog_of(id=[0, 1, 2], images=[[f"{number}.png"] for number in range(3)])
    model = fit_patches(catalog, SMALL)
    rows = PatchEncoder(model).encode(catalog).rows
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_pictures_that_cannot_be_used_teach_nothing_and_are_told_of(catalog_of, catalog, fitted, tmp_path):
    (tmp_path / "page.jpg").write_text("<html>gone</html>")
    names = [f"{number}.png" for number in range(DRAWN)]
    worse = catalog_of(
        id=list(range(DRAWN + 3)), images=[*([name] for name in names), ["page.jpg"], ["absent.png"], None]
    )
    model = fit_patches(worse, SMALL)
    for name, learned in fitted.arrays.items():
        np.testing.assert_array_equal(model.arrays[name], learned, err_msg=name)
    encoded = PatchEncoder(model).encode(worse)
    assert np.any(encoded.rows, axis=1).tolist() == [*[True] * DRAWN, False, False, False]
    assert [(reject.value, reject.column) for reject in encoded.rejects] == [
        ("page.jpg", "image"),
        ("absent.png", "image"),
    ]


def test_from_a_host_that_answers_nothing_nothing_is_learned(catalog_of):
    """It would be what all later pictures are seen by."""
    gone = catalog_of(id=list(range(20)), images=[[f"memory://gone/{number}.png"] for number in range(20)])
    with pytest.raises(Unfinished, match=r"none of 20 pictures at memory://gone can be fetched"):
        fit_patches(gone, SMALL)
    assert not fit_patches(gone, SMALL, patience=Patience(endless=True)).projection.any()


def test_pictures_that_are_missing_one_after_the_other_are_not_all_tried(catalog_of):
    gone = catalog_of(id=list(range(300)), images=[[f"gone/{number}.png"] for number in range(300)])
    with pytest.raises(Unfinished, match=r"200 pictures in a row in the folder .*gone cannot be had"):
        fit_patches(gone, SMALL)


def test_what_was_learned_is_kept(fitted, catalog, tmp_path):
    fitted.save(tmp_path)
    again = load_patches(tmp_path)
    assert again.options == SMALL
    rows = (PatchEncoder(model).encode(catalog).rows for model in (fitted, again))
    np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize("damage", ["cut", "gone", "empty"])
def test_what_is_damaged_is_refused_in_one_line(fitted, tmp_path, damage):
    fitted.save(tmp_path)
    file = tmp_path / ARRAYS_FILE
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 100 if damage == "cut" else 0])
    with pytest.raises(InputError, match=r"the patches encoder cannot be read .*: build the index again"):
        load_patches(tmp_path)


def test_extra_pictures_are_seen_as_the_main_ones(catalog_of, catalog, fitted: PatchModel):
    both = catalog_of(id=[0, 1], images=[["0.png", "1.png", "2.png"], ["1.png"]])
    main, extra = PatchEncoder(fitted).encode(both).rows, PatchEncoder(fitted, extra=True).encode(both).rows
    second, third = PatchEncoder(fitted).encode(catalog.take(np.array([1, 2]))).rows
    np.testing.assert_array_equal(main[1], second)
    mean = (second + third) / np.linalg.norm(second + third)
    np.testing.assert_allclose(extra, [mean, np.zeros_like(mean)], atol=1e-6)
