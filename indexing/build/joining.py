"""Joining indexes every view and joins it with itself."""

import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from indexing.arrays import Ints1d
from indexing.build.dense_view import DenseView, Groups
from indexing.build.options import BuildOptions
from indexing.build.parts.ngram_parts import NgramParts
from indexing.build.view_plan import Ask, ViewPlan, plan_view
from indexing.catalog.catalog import Catalog
from indexing.index_manifest import EngineRecord
from indexing.join.neighbour_files import STATE, NeighbourFiles
from indexing.join.parts.search_parts import LexicalRecipe, search_in_parts
from indexing.join.self_join import SelfJoin, SparseRows, list_length
from indexing.machine.memory import parse_memory, trim
from indexing.machine.progress import Progress, silent
from indexing.running.local import HERE
from indexing.running.parts import PartFolder, clear_leftovers
from indexing.running.tasks import Runner
from indexing.search.lexical_index import LexicalIndex, fit_lexical, load_lexical
from indexing.storage.artefact import write_json
from indexing.vectors.ngram_options import TODAYS_LEXICAL, LexicalOptions
from indexing.vectors.rows import Rows, StoredRows, dense_rows
from indexing.vectors.vectors import Vectors


@dataclass
class ViewJoining:
    """It makes the engines and the kept neighbours of all views under `folder`.

    `made` is what the catalogue and its vectors depend on; what an interrupted run left of the same is gone on with.
    `lexical` are the options that the lexical view had before, None: it has today's.
    After `run`, `engines` are what was chosen and measured of each dense view, for the manifest.
    """

    folder: Path
    options: BuildOptions
    catalog: Catalog
    device: str
    progress: Progress = silent
    made: Mapping[str, Any] = field(default_factory=dict)
    lexical: LexicalOptions | None = None
    engines: dict[str, EngineRecord] = field(default_factory=dict)
    runner: Runner = HERE

    @property
    def factory(self) -> str:
        """Return the FAISS factory string: that of the view that is searched by default."""
        made = [self.engines[view].factory for view in ("fused", "text", "image") if view in self.engines]
        return made[0] if made else self.options.joining.index

    @property
    def lexical_options(self) -> LexicalOptions:
        """Return the options by which the lexical view is made."""
        return self.lexical or replace(TODAYS_LEXICAL, fields=self.options.encoding.text_fields)

    @cached_property
    def ask(self) -> Ask:
        """Return what was asked, for planning."""
        return ask_of(self.options, self.device, len(self.catalog))

    def run(self, vectors: dict[str, Vectors]) -> list[str]:
        """Join every view with itself; return the names of the views that were joined."""
        sources = self.catalog.source_codes() if self.options.match_across_sources else None
        rows = dense_rows(vectors, self.options.text_weight)
        plans = {view: plan_view(view, len(dense), dense.dim, self.ask) for view, dense in rows.items()}
        (self.folder / "engines").mkdir(exist_ok=True)
        groups = Groups(sources, *self.catalog.category_codes())
        for view, dense in rows.items():
            self.engines[view] = self._dense(plans[view], dense, groups).run()
        views = list(rows)
        if self.options.lexical and self._has_text():
            self._join_lexical(sources)
            views.append("lexical")
        self._remove_leftovers(views)
        return views

    def _dense(self, plan: ViewPlan, rows: Rows, groups: Groups) -> DenseView:
        made = {**self.made, "view": plan.view, "text_weight": self.options.text_weight, "seed": self.options.seed}
        made |= {"across": self.options.match_across_sources, "ask": {**asdict(self.ask), "memory": 0, "threads": 0}}
        return DenseView(
            self.folder,
            plan,
            rows,
            self.ask,
            groups,
            made,
            self.options.seed,
            self.options.joining.float16,
            self.progress,
            runner=self.runner,
            again=StoredRows((self.folder / "vectors").absolute(), plan.view, self.options.text_weight),
        )

    def _join_lexical(self, sources: Ints1d | None) -> None:
        lexical = self._lexical()
        k = list_length(self.options.k, len(lexical))
        made = {
            **self._weighed_of,
            "k": k,
            "lexical": asdict(lexical.options),
            "across": self.options.match_across_sources,
        }
        files = NeighbourFiles(self.folder / "neighbours" / "lexical", len(lexical), k, made)
        stage, progress = "join lexical", self.progress
        progress(stage, 0, len(lexical))  # the n-grams are turned to their products first
        if self.runner.apart:
            recipe = LexicalRecipe((self.folder / "lexical").absolute(), len(lexical))
            search_in_parts(recipe, files, sources, self.runner, stage=stage, progress=progress)
        else:
            SelfJoin(lexical, SparseRows(lexical), k, sources).write(files, stage=stage, progress=progress)

    @property
    def _weighed_of(self) -> dict[str, Any]:
        return {**self.made, "reading": asdict(self.catalog.reading)}

    def _lexical(self) -> LexicalIndex:
        """Return what an earlier run has weighed, or weigh it now."""
        folder, options = self.folder / "lexical", self.lexical_options
        state = json.loads(json.dumps({"made": self._weighed_of, "options": asdict(options)}))
        try:
            if self.made and json.loads((folder / STATE).read_text(encoding="utf-8")) == state:
                return load_lexical(folder, len(self.catalog))
        except (OSError, ValueError):
            pass  # it was cut short
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if self.runner.apart:
            NgramParts(self.catalog, options, folder, state, self.runner, self.progress).fit()
        else:
            fit_lexical(self.catalog, options, scratch=folder, progress=self.progress).save(folder)
        trim()
        write_json(folder / STATE, state)
        clear_leftovers(folder)
        return load_lexical(folder, len(self.catalog))

    def _remove_leftovers(self, views: Collection[str]) -> None:
        """Remove what runs with other options left, and the marks of this one: parts of an engine, or of n-grams, are there
        still where a run was killed before it took them away."""
        clear_leftovers(self.folder / "lexical")
        for file in list((self.folder / "engines").iterdir()):
            if file.is_dir():
                PartFolder(file).clear()
            elif file.suffix in (".json", ".tmp") or file.name.partition(".")[0] not in views:
                file.unlink()
        for folder in (self.folder / "neighbours").iterdir():
            if folder.name not in views:
                shutil.rmtree(folder)
            (folder / STATE).unlink(missing_ok=True)
        (self.folder / "lexical" / STATE).unlink(missing_ok=True)
        if "lexical" not in views:
            shutil.rmtree(self.folder / "lexical", ignore_errors=True)

    def _has_text(self) -> bool:
        return any(
            self.catalog.table[name].null_count < len(self.catalog) for name in self.options.encoding.text_fields
        )


def ask_of(options: BuildOptions, device: str, products: int) -> Ask:
    """Return what the options ask of every view's index of so many products."""
    joining = options.joining
    return Ask(
        joining.index,
        joining.join,
        joining.purpose,
        parse_memory(joining.memory),
        joining.recall,
        device,
        list_length(options.k, products),
    )
