"""The folder of a trained reranker: its boosters, what was learned beside them, its manifest and its card."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from indexing.errors import InputError
from indexing.storage.artefact import Manifest, damaged_files, read_manifest, write_manifest, writing
from reranking.boosters.boosting import from_bytes, to_bytes
from reranking.decisions.calibration import read_calibration
from reranking.decisions.thresholds import Thresholds
from reranking.model.card import render_card
from reranking.model.reranker import IndexNeeds, XgboostReranker
from reranking.pairs.evaluation_category import CategoryMapping
from reranking.signals.learned.cross_folds import open_cross
from reranking.signals.learned.rivals import FirstLook
from reranking.signals.learned.words import LearnedWords, WordModel
from reranking.signals.signals import Learned

KIND, CARD, CROSS, LOOK, WORDS = "model", "model_card.md", "cross", "first_look.ubj", "words.npy"


def save_reranker(reranker: XgboostReranker, path: Path) -> None:
    """Write the model folder with its card, replacing an older model. Raises InputError when something else is there."""
    with writing(path, KIND) as folder:
        for old in folder.glob("member_*.ubj"):
            old.unlink()
        _write_learned(reranker.learned, folder)
        for number, member in enumerate(reranker.members):
            (folder / f"member_{number}.ubj").write_bytes(to_bytes(member))
        write_manifest(folder, Manifest(KIND, reranker.made(), reranker.fingerprint))
        # after the manifest, which does not name it: a card is for people, who may write into it
        (folder / CARD).write_text(render_card(reranker), encoding="utf-8")


def load_reranker(folder: Path) -> XgboostReranker:
    """Open a model folder. Raises InputError when it is missing, damaged, or of another schema version."""
    manifest = read_manifest(Path(folder), KIND)
    damaged = damaged_files(Path(folder), manifest)  # before XGBoost, which may not survive reading them
    if damaged:
        raise InputError(f"{Path(folder) / damaged[0]}: is not what was written: train the model again")
    try:
        return _from_manifest(Path(folder), manifest.made)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{folder}: its manifest lacks something ({error!r}): train the model again") from error


def _from_manifest(folder: Path, made: Mapping[str, Any]) -> XgboostReranker:
    files = [folder / f"member_{number}.ubj" for number in range(made["members"])]
    members = tuple(from_bytes(file.read_bytes()) for file in files)
    thresholds = {name: _infinite(value) for name, value in made["thresholds"].items()}
    decisions = Thresholds(thresholds, _infinite(made["default_threshold"]), _infinite(made["f1_threshold"]))
    needs = IndexNeeds(**{**made["needs"], "views": tuple(made["needs"]["views"])})
    return XgboostReranker(
        members,
        tuple(made["features"]),
        decisions,
        made["target_precision"],
        CategoryMapping(tuple(made["categories"])),
        needs,
        made["report"],
        made["same_source"],
        read_calibration(made["calibration"]),
        _read_learned(folder, made),
        tuple(made.get("scopes", ())),
        made.get("specialist_share", 0.0),
    )


def _write_learned(learned: Learned, folder: Path) -> None:
    """In the place of what an older model of the folder learned."""
    for name in (LOOK, WORDS):
        (folder / name).unlink(missing_ok=True)
    if learned.cross is not None:
        learned.cross.copy_to(folder / CROSS)
    if learned.look is not None:
        (folder / LOOK).write_bytes(to_bytes(learned.look.members[0]))
    if learned.words is not None:
        np.save(folder / WORDS, learned.words.models[0].stored())


def _read_learned(folder: Path, made: Mapping[str, Any]) -> Learned:
    """What the manifest names; `look` are the features that the first look needs."""
    words, look = made.get("words"), made.get("look")
    return Learned(
        LearnedWords((WordModel.read(np.load(folder / WORDS, allow_pickle=False)),)) if words else None,
        None if look is None else FirstLook(tuple(look), (from_bytes((folder / LOOK).read_bytes()),)),
        open_cross(folder / CROSS) if made.get("cross") else None,
    )


def _infinite(threshold: float | None) -> float:
    return math.inf if threshold is None else threshold
