"""open_clip models as encoders: what open_clip itself would give, in every precision, for pictures and texts."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from indexing.encoders.encoder import Spec
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.clip import ClipTextModel, picture_model
from indexing.encoders.pictures.clip_model import ClipName, import_open_clip, open_clip_model
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.plan import plan_clip
from indexing.encoders.precision import AGREEMENT_FILE


@pytest.fixture(scope="module")
def model(clip_folder):
    return open_clip_model(ClipName.parse(str(clip_folder)))


@pytest.fixture
def pictures(sample):
    return [Image.open(file).convert("RGB") for file in sorted((sample / "images").iterdir())[:40]]


@pytest.fixture
def expected(clip_folder, pictures):
    """Rows by open_clip alone."""
    open_clip = import_open_clip()
    module, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{clip_folder}")
    with torch.inference_mode():
        stacked = torch.stack([preprocess(each) for each in pictures])
        return module.eval().encode_image(stacked, normalize=True).numpy()  # it comes in training mode


def test_pictures_are_encoded_as_open_clip_does(model, pictures, expected):
    encoder = picture_model(model, ["cpu"])
    rows = encoder.encode_pixels(np.stack([encoder.prepare(each) for each in pictures]))
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, expected, atol=2e-5)


def test_two_replicas_share_a_batch_and_keep_its_order(model, pictures, expected):
    encoder = picture_model(model, ["cpu", "cpu"])
    rows = encoder.encode_pixels(np.stack([encoder.prepare(each) for each in pictures]))
    assert encoder.batch == 2 * picture_model(model, ["cpu"]).batch
    np.testing.assert_allclose(rows, expected, atol=2e-5)
    assert encoder.encode_pixels(np.stack([encoder.prepare(pictures[0])])).shape == (1, model.dim)


@pytest.mark.parametrize(("precision", "nearest"), [("bf16", 0.999), ("int8", 0.99)])
def test_a_faster_precision_is_near_to_the_exact_one(model, pictures, expected, tmp_path, precision, nearest):
    encoder = picture_model(model, ["cpu"], precision=precision, eight_bits=tmp_path / "tower.onnx")
    rows = encoder.encode_pixels(np.stack([encoder.prepare(each) for each in pictures]))
    cosines = np.einsum("ij,ij->i", rows, expected)
    assert cosines.min() > nearest
    assert cosines.min() < 1 - 1e-7  # it is another computation, not the same under another name
    assert sorted(file.name for file in tmp_path.iterdir()) == (["tower.onnx"] if precision == "int8" else [])


def test_pictures_to_compare_a_precision_by_may_all_be_missing_where_whatever_comes_is_taken(
    clip_folder, catalog_of, tmp_path
):
    gone = catalog_of(id=list(range(20)), images=[[f"memory://gone/{number}.png"] for number in range(20)])
    spec, options = Spec("clip", str(clip_folder)), EncodingOptions(precision="bf16")
    plan = plan_clip(spec, options, gone, tmp_path, device="cpu")
    encoder = replace(plan, patience=Patience(endless=True)).make()
    assert not encoder.encode(gone).rows.any()
    assert json.loads((tmp_path / AGREEMENT_FILE).read_text())["sample"] == 0


def test_an_eight_bit_tower_gives_a_picture_one_row_whatever_else_is_in_the_batch(model, pictures, tmp_path):
    encoder = picture_model(model, ["cpu"], precision="int8", eight_bits=tmp_path / "tower.onnx")
    pixels = np.stack([encoder.prepare(each) for each in pictures])
    together = encoder.encode_pixels(pixels)
    alone = np.concatenate([encoder.encode_pixels(pixels[number : number + 1]) for number in range(len(pixels))])
    assert np.einsum("ij,ij->i", together, alone).min() > 0.99999


def test_an_eight_bit_tower_is_written_once(model, pictures, tmp_path):
    file = tmp_path / "tower.onnx"
    pixels = np.stack([model.shape.apply(each) for each in pictures])
    first = picture_model(model, ["cpu"], precision="int8", eight_bits=file).encode_pixels(pixels)
    written = file.stat().st_mtime_ns
    again = picture_model(model, ["cpu"], precision="int8", eight_bits=file).encode_pixels(pixels)
    assert file.stat().st_mtime_ns == written
    np.testing.assert_array_equal(first, again)


def test_texts_are_encoded_as_open_clip_does(model, clip_folder):
    open_clip = import_open_clip()
    module = open_clip.create_model(f"local-dir:{clip_folder}").eval()
    texts = ["red shoe", "", "a very long title " * 20]
    with torch.inference_mode():
        expected = module.encode_text(open_clip.get_tokenizer(f"local-dir:{clip_folder}")(texts), normalize=True)
    np.testing.assert_allclose(ClipTextModel(model).encode_texts(texts), expected.numpy(), atol=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_rows_are_near_to_those_of_the_processor(model, pictures, expected):
    encoder = picture_model(model, ["cuda:0"], precision="bf16")
    rows = encoder.encode_pixels(np.stack([encoder.prepare(each) for each in pictures]))
    assert np.einsum("ij,ij->i", rows, expected).min() > 0.99
