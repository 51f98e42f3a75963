"""N-grams that workers count and weigh are those of one process, file by file."""

from dataclasses import replace

import numpy as np
import pytest
from tried_tasks import Troubled

from indexing.build.parts import content_tasks, ngram_parts, ngram_tasks
from indexing.build.parts.ngram_parts import NgramParts
from indexing.errors import Unfinished
from indexing.machine.progress import silent
from indexing.running import equal_keys, stages
from indexing.search.lexical_index import fit_lexical
from indexing.vectors import ngrams
from indexing.vectors.ngram_options import LexicalOptions
from indexing.words.reading import AS_WRITTEN, NORMAL, Reading

OPTIONS = LexicalOptions(fields=("title",), most_products=40, quantity_letters=5)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks of forty texts and buckets of a few."""
    for module in (ngram_parts, ngram_tasks, ngrams):
        monkeypatch.setattr(module, "BLOCK_TEXTS", 40)
    monkeypatch.setattr(content_tasks, "HASHED_ROWS", 60)
    monkeypatch.setattr(equal_keys, "BUCKET_ROWS", 90)
    monkeypatch.setattr(stages, "RANGES", 5)


@pytest.fixture
def catalog(read):
    """Texts that repeat, of several scripts, some without any, one with a word three hundred times."""
    words = ["kettle", "bosch", "чайник", "бош", "kx-1", "steel", "1.7 l", "электра", "electra"]
    titles = [" ".join(words[(row * step) % len(words)] for step in (1, 2, 5)) + f" m{row % 90}" for row in range(330)]
    titles[7::50] = [None] * len(titles[7::50])
    titles[20] = "bosch " * 300
    return read({"id": list(range(330)), "title": titles}).catalog


def files_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def whole(catalog, folder):
    folder.mkdir()
    fit_lexical(catalog, OPTIONS).save(folder)
    return files_of(folder)


def in_parts(catalog, folder, runner=None):
    folder.mkdir(exist_ok=True)
    told = []
    NgramParts(catalog, OPTIONS, folder, "made", runner or Troubled(), lambda *step: told.append(step)).fit()
    return files_of(folder), told


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_parts_in_any_order_and_twice_give_the_same_files(catalog, tmp_path, seed):
    assert catalog.reading.form == NORMAL
    found, told = in_parts(catalog, tmp_path / "parts", Troubled(seed))
    assert found == whole(catalog, tmp_path / "whole")
    assert "spellings.arrow" in found
    first = np.load(tmp_path / "parts" / "first.npy")
    assert 100 < (first != np.arange(330)).sum() < 300
    assert told[-1] == ("weigh n-grams", 330, 330)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(("parts", "whole"))} == {"parts", "whole"}


def test_texts_that_are_read_as_they_are_written_have_no_spellings(catalog, tmp_path):
    written = replace(catalog, reading=Reading(form=AS_WRITTEN))
    found, _ = in_parts(written, tmp_path / "parts")
    assert found == whole(written, tmp_path / "whole")
    assert "spellings.arrow" not in found


def test_rows_that_share_a_hash_are_told_apart(catalog, tmp_path, monkeypatch):
    monkeypatch.setattr(ngram_tasks, "row_hashes", lambda matrix: np.zeros(matrix.shape[0], dtype=np.int64))
    monkeypatch.setattr("indexing.search.equal_rows.row_hashes", ngram_tasks.row_hashes)
    assert in_parts(catalog, tmp_path / "parts")[0] == whole(catalog, tmp_path / "whole")


@pytest.mark.parametrize("stopped", ["count_words", "count_range", "weigh_range", "group_rows", "first_rows"])
def test_a_run_that_was_stopped_does_the_other_parts_alone(catalog, tmp_path, monkeypatch, stopped):
    work, done, most = getattr(ngram_parts, stopped), [], 2

    def until(task, view):
        if len(done) == most:
            raise Unfinished("the command was killed")
        done.append(task.number)
        return work(task, view)

    monkeypatch.setattr(ngram_parts, stopped, until)
    with pytest.raises(Unfinished):
        in_parts(catalog, tmp_path / "parts")
    before, most = set(done), 10**6
    done.clear()
    assert in_parts(catalog, tmp_path / "parts")[0] == whole(catalog, tmp_path / "whole")
    assert before
    assert done
    assert not before & set(done)


def test_a_task_counts_few_texts_however_many_there_are(catalog, tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "RANGES", 1)
    monkeypatch.setattr(ngram_parts, "MOST_BLOCKS", 2)
    tasks = NgramParts(catalog, OPTIONS, tmp_path, "made", Troubled(), silent).tasks
    assert max(task.last - task.first for task in tasks) == 80
