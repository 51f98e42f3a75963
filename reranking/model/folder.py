"""The folder of a trained reranker holds its boosters, what was learned beside them, its validation pairs, its manifest and its card."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.errors import InputError
from indexing.storage.artefact import Manifest, damaged_files, read_manifest, write_manifest, writing
from indexing.storage.records import stored_record
from reranking.boosters.boosting import from_bytes, to_bytes
from reranking.decisions.prior_shift import Validation
from reranking.decisions.validation import ValidationPairs
from reranking.kinds.judged_sample import FILE as JUDGED
from reranking.kinds.judged_sample import read_judged, write_judged
from reranking.model.card import render_card
from reranking.model.manifest import KIND, ModelManifest, model_manifest
from reranking.model.reranker import XgboostReranker
from reranking.pairs.evaluation_category import CategoryMapping
from reranking.signals.learned.cross_folds import open_cross
from reranking.signals.learned.gate import CrossGate
from reranking.signals.learned.rivals import FirstLook
from reranking.signals.learned.words import LearnedWords, WordModel
from reranking.signals.stacked import Learned

CARD, CROSS, LOOK, WORDS, GATE = "model_card.md", "cross", "first_look.ubj", "words.npy", "cross_look.ubj"
VALIDATION = "validation.parquet"
VALIDATION_COLUMNS = ("score", "target", "category", "left_group", "right_group")
WEIGHT = "weight"  # a column that is there where validation pairs count unlike


def save_reranker(reranker: XgboostReranker, path: Path) -> None:
    """Write the model folder with its card, replacing an older model. Raises InputError when something else is there."""
    with writing(path, KIND) as folder:
        _write_learned(reranker.learned, folder)
        for number, member in enumerate(reranker.members):
            (folder / f"member_{number}.ubj").write_bytes(to_bytes(member))
        write_validation(reranker.validation, folder / VALIDATION)
        write_judged(reranker.judged, folder / JUDGED)
        write_manifest(folder, Manifest(KIND, stored_record(reranker.manifest), reranker.fingerprint))
        # after the manifest, which does not name it: a card is for people, who may write into it
        (folder / CARD).write_text(render_card(reranker), encoding="utf-8")


def load_reranker(folder: Path) -> XgboostReranker:
    """Open a model folder. Raises InputError when it is missing, damaged, or of another schema version."""
    manifest = read_manifest(Path(folder), KIND)
    damaged = damaged_files(Path(folder), manifest)  # before XGBoost, which may not survive reading them
    if damaged:
        raise InputError(f"{Path(folder) / damaged[0]}: is not what was written: train the model again")
    return _opened(Path(folder), model_manifest(Path(folder), manifest))


def _opened(folder: Path, made: ModelManifest) -> XgboostReranker:
    files = [folder / f"member_{number}.ubj" for number in range(made.members)]
    return XgboostReranker(
        members=tuple(from_bytes(file.read_bytes()) for file in files),
        feature_names=made.features,
        decisions=made.decisions,
        target_precision=made.target_precision,
        mapping=CategoryMapping(made.categories),
        needs=made.needs,
        report=made.report,
        same_source=made.same_source,
        calibration=made.calibration,
        learned=_read_learned(folder, made),
        scopes=made.scopes,
        specialist_share=made.specialist_share,
        validation=read_validation(folder / VALIDATION),
        judged=read_judged(folder / JUDGED, made.features),
    )


def _write_learned(learned: Learned, folder: Path) -> None:
    """Write what a model learned, in the place of what an older model of the folder learned."""
    for name in (LOOK, WORDS, GATE):
        (folder / name).unlink(missing_ok=True)
    if learned.cross is not None:
        learned.cross.copy_to(folder / CROSS)
    if learned.look is not None:
        (folder / LOOK).write_bytes(to_bytes(learned.look.members[0]))
    if learned.gate is not None:
        (folder / GATE).write_bytes(to_bytes(learned.gate.look.members[0]))
    if learned.words is not None:
        np.save(folder / WORDS, learned.words.models[0].stored())


def _read_learned(folder: Path, made: ModelManifest) -> Learned:
    """Read what was learned beside the boosters, as far as the manifest names it."""
    words = WordModel.read(np.load(folder / WORDS, allow_pickle=False)) if made.words else None
    look = None if made.look is None else _read_look(folder / LOOK, made.look)
    cross = None if made.cross is None else open_cross(folder / CROSS)
    gate = None if made.gate is None else CrossGate(_read_look(folder / GATE, made.gate.features), made.gate.reach)
    return Learned(None if words is None else LearnedWords((words,)), look, cross, gate)


def _read_look(file: Path, features: tuple[str, ...]) -> FirstLook:
    return FirstLook(features, (from_bytes(file.read_bytes()),))


def write_validation(validation: Validation | None, path: Path) -> None:
    """Write the pairs; without any, remove those of an older model."""
    if validation is None:
        path.unlink(missing_ok=True)
        return
    pairs = validation.pairs
    categories = pa.DictionaryArray.from_arrays(pairs.categories.astype(np.int32), list(validation.names))
    columns = [pairs.scores, pairs.targets, categories, pairs.left_groups, pairs.right_groups]
    table = pa.table(dict(zip(VALIDATION_COLUMNS, columns, strict=True)))
    if pairs.weights is not None:
        table = table.append_column(WEIGHT, pa.array(pairs.weights, pa.float64()))
    pq.write_table(table, path)


def read_validation(path: Path) -> Validation | None:
    """Read the pairs; None where a model of before keeps none. Raises InputError for a file that holds something else."""
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path)
        scores, targets = (np.asarray(pc.cast(table[name], pa.float64()).to_numpy()) for name in ("score", "target"))
        left, right = (
            np.asarray(pc.cast(table[name], pa.int64()).to_numpy()) for name in ("left_group", "right_group")
        )
        weights = np.asarray(pc.cast(table[WEIGHT], pa.float64()).to_numpy()) if WEIGHT in table.column_names else None
        categories = pc.dictionary_encode(table["category"]).combine_chunks()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputError(f"{path}: cannot be read ({str(error).splitlines()[0]}): train the model again") from error
    codes = np.asarray(pc.cast(categories.indices, pa.int64()).to_numpy(zero_copy_only=False))
    pairs = ValidationPairs(scores, targets, codes, left, right, weights)
    return Validation(pairs, tuple(categories.dictionary.to_pylist()))
