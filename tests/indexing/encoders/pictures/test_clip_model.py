"""Names of open_clip models: by tag, by file, by folder; what cannot be opened says so in one line."""

import json
import shutil

import pytest
import torch

from indexing.encoders.pictures.clip_model import CONFIG, WEIGHTS, ClipName, open_clip_model
from indexing.errors import InputError


def one_line(caught):
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_tag_a_file_a_folder_and_the_hub(clip_folder, tmp_path):
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"x")
    assert ClipName.parse("ViT-B-32/openai") == ClipName("ViT-B-32/openai", "ViT-B-32", "openai")
    assert ClipName.parse(f"ViT-B-32/{file}").file == file
    assert ClipName.parse(f"ViT-B-32/{file}").label == "ViT-B-32/weights.safetensors"
    assert ClipName.parse("hf-hub:owner/name").model == "hf-hub:owner/name"
    folder = ClipName.parse(str(clip_folder))
    assert (folder.model, folder.label, folder.absolute) == (f"local-dir:{clip_folder}", "tiny", str(clip_folder))


@pytest.mark.parametrize("text", ["ViT-B-32", "ViT-B-32/", "/x", "hf-hub:"])
def test_another_name_is_refused_with_what_to_write(text):
    with pytest.raises(InputError, match="write clip:MODEL/TAG"):
        ClipName.parse(text)


def test_a_folder_without_a_configuration_is_refused(tmp_path):
    with pytest.raises(InputError, match=f"has no {CONFIG}"):
        ClipName.parse(str(tmp_path))


def test_the_digest_changes_with_the_weights_alone(clip_folder, tmp_path):
    other = tmp_path / "copy"
    shutil.copytree(clip_folder, other)
    assert ClipName.parse(str(other)).digest() == ClipName.parse(str(clip_folder)).digest()
    (other / "README.md").write_text("another card", encoding="utf-8")
    assert ClipName.parse(str(other)).digest() == ClipName.parse(str(clip_folder)).digest()
    content = bytearray((other / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (other / WEIGHTS).write_bytes(content)
    assert ClipName.parse(str(other)).digest() != ClipName.parse(str(clip_folder)).digest()
    assert ClipName.parse("ViT-B-32/openai").digest() != ClipName.parse("ViT-B-16/openai").digest()


def test_an_unknown_model_is_told_its_nearest():
    with pytest.raises(InputError, match=r"open_clip has no model ViT-B-33; it has .*ViT-B-32") as caught:
        open_clip_model(ClipName.parse("ViT-B-33/openai"))
    one_line(caught)


def test_an_unknown_tag_is_told_those_that_there_are():
    with pytest.raises(InputError, match="nothing is no file, and ViT-B-32 has openai") as caught:
        open_clip_model(ClipName.parse("ViT-B-32/nothing"))
    one_line(caught)


@pytest.mark.parametrize("name", ["ViT-B-32/laion2b_s34b_b79k", "hf-hub:nobody/nothing"])
def test_a_model_that_cannot_be_downloaded_says_what_to_do(name, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=f"clip:{name}: the model cannot be downloaded") as caught:
        open_clip_model(ClipName.parse(name))
    assert "patches needs none" in one_line(caught)


def test_a_damaged_checkpoint_says_so(clip_folder, tmp_path):
    other = tmp_path / "copy"
    shutil.copytree(clip_folder, other)
    (other / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(InputError, match="the checkpoint cannot be opened") as caught:
        open_clip_model(ClipName.parse(str(other)))
    one_line(caught)


class Evil:
    def __reduce__(self):
        return (open, ("/tmp/evil-was-here", "w"))


def test_a_pickle_with_code_in_it_is_not_run(clip_folder, tmp_path):
    other = tmp_path / "copy"
    other.mkdir()
    shutil.copy(clip_folder / CONFIG, other / CONFIG)
    torch.save({"state_dict": Evil()}, other / "open_clip_pytorch_model.bin")
    with pytest.raises(InputError, match="the checkpoint cannot be opened"):
        open_clip_model(ClipName.parse(str(other)))


def test_a_model_knows_its_input_and_its_length(clip_folder):
    model = open_clip_model(ClipName.parse(str(clip_folder)))
    assert (model.dim, model.shape.size, model.shape.resize_mode) == (64, (32, 32), "squash")
    assert model.mean == (0.5, 0.5, 0.5)
    assert json.loads((clip_folder / CONFIG).read_text(encoding="utf-8"))["model_cfg"]["embed_dim"] == 64
