"""What reviewers answered of a sample is found again among the scored pairs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from eval.audit.estimates import AuditedPairs
from eval.audit.population import Population, pair_hashes
from eval.audit.sampling import SampleDesign
from eval.audit.strata import OTHERS
from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from reranking.labels.label import Id, Label, PairVerdict, Purpose
from reranking.labels.settled import id_column, verdicts_by_pair


@dataclass(frozen=True)
class Answered:
    """It holds the pairs (a,) of a sample that were asked: `rows` of the population, `strata`, and `targets` 1.0 and 0.0, NaN where
    nobody is sure or reviewers disagree. `left` and `right` are their ids."""

    rows: Ints1d
    strata: Ints1d
    targets: Floats1d
    left: pa.Array
    right: pa.Array

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def matches(self) -> int:
        return int(np.nansum(self.targets))

    @property
    def unsettled(self) -> int:
        return int(np.isnan(self.targets).sum())


def find_answered(labels: Sequence[Label], number: int, population: Population) -> Answered:
    """Find the answers of sample `number`. Raises InputError for pairs that were not scored."""
    own = [label for label in labels if label.question.purpose == Purpose.AUDIT and label.question.draw == number]
    said = verdicts_by_pair(own)
    stratum = {(label.left, label.right): label.question.stratum or 0 for label in own}
    left, right = (id_column([pair[side] for pair in said]).cast(population.id_type) for side in (0, 1))
    rows = find_pairs(list(said), population)
    missing = np.flatnonzero(rows < 0)
    if missing.size:
        one, other = (side[int(missing[0])].as_py() for side in (left, right))
        raise InputError(
            f"{missing.size} audited pairs have no score, such as {one!r} and {other!r}: audit these scores"
        )
    return Answered(
        rows,
        np.array([stratum[pair] for pair in said], dtype=np.int64),
        np.array([_target(verdicts.values()) for verdicts in said.values()], dtype=np.float64),
        left,
        right,
    )


def find_pairs(pairs: Sequence[tuple[Id, Id]], population: Population) -> Ints1d:
    """Return the row of each pair of ids (p,), -1 for one that was not scored."""
    left, right = (id_column([pair[side] for pair in pairs]).cast(population.id_type) for side in (0, 1))
    return population.find(pair_hashes(left, right))


def audited_pairs(answered: Answered, design: SampleDesign, population: Population) -> AuditedPairs:
    """Return the pairs that were settled, with what is known of their strata and categories."""
    settled = np.flatnonzero(~np.isnan(answered.targets))
    rows = answered.rows[settled]
    names, codes = standing_categories(population, design)
    ids = pa.concat_arrays([answered.left, answered.right]).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    left, right = (np.asarray(side[settled], dtype=np.int64) for side in np.split(ids, 2))
    return AuditedPairs(
        answered.strata[settled],
        np.array(design.sizes, dtype=np.int64),
        np.array(design.likely),
        answered.targets[settled],
        population.scores[rows],
        population.called[rows],
        codes[rows],
        names,
        np.bincount(codes, minlength=len(names)),
        left,
        right,
    )


def standing_categories(population: Population, design: SampleDesign) -> tuple[tuple[str, ...], Ints1d]:
    """Return the categories that stand alone in a sample, OTHERS last, and the place of each pair's (n,)."""
    alone = [name for name in dict.fromkeys(design.categories) if name != OTHERS]
    places = {name: place for place, name in enumerate(alone)}
    own = np.array([places.get(name, len(alone)) for name in population.names], dtype=np.int64)
    return (*alone, OTHERS), own[population.categories]


def _target(verdicts: Iterable[PairVerdict]) -> float:
    sure = {verdict for verdict in verdicts if verdict != PairVerdict.UNSURE}
    return float(PairVerdict.MATCH in sure) if len(sure) == 1 else float("nan")
