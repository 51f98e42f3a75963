"""Indexing every view and joining it with itself."""

from dataclasses import dataclass
from pathlib import Path

from indexing.arrays import Ints1d
from indexing.build_options import BuildOptions
from indexing.catalog import Catalog
from indexing.errors import InputError
from indexing.faiss_index import FLAT, build_faiss
from indexing.fusion import Fusion
from indexing.index import FusedRows, Rows
from indexing.lexical_index import LexicalOptions, fit_lexical
from indexing.progress import Progress, silent
from indexing.self_join import SelfJoin, SparseRows
from indexing.vectors import Vectors


@dataclass(frozen=True)
class ViewJoining:
    """The engines and the kept neighbours of all views under `folder`."""

    folder: Path
    options: BuildOptions
    catalog: Catalog
    device: str
    progress: Progress = silent

    @property
    def factory(self) -> str:
        """The FAISS factory string."""
        return FLAT if self.options.index == "auto" else self.options.index

    def run(self, vectors: dict[str, Vectors]) -> list[str]:
        """The names of the views that were joined."""
        sources = source_codes(self.catalog) if self.options.match_across_sources else None
        views = self._join_dense(vectors, sources)
        if self.options.lexical and self._has_text():
            self._join_lexical(sources)
            views.append("lexical")
        return views

    def _join_dense(self, vectors: dict[str, Vectors], sources: Ints1d | None) -> list[str]:
        rows: dict[str, Rows] = {view: vectors[view] for view in ("text", "image") if view in vectors}
        if len(rows) == 2:
            rows["fused"] = FusedRows(vectors["text"], vectors["image"], Fusion(self.options.text_weight))
        engines = self.folder / "engines"
        engines.mkdir(exist_ok=True)
        for view, dense in rows.items():
            engine = build_faiss(dense, self.factory, device=self.device, seed=self.options.seed)
            engine.save(engines / f"{view}.faiss")
            self._join(SelfJoin(engine, dense, self.options.k, sources), view)
        return list(rows)

    def _join_lexical(self, sources: Ints1d | None) -> None:
        folder = self.folder / "lexical"
        folder.mkdir(exist_ok=True)
        lexical = fit_lexical(self.catalog, LexicalOptions(fields=self.options.text_fields))
        lexical.save(folder)
        self._join(SelfJoin(lexical, SparseRows(lexical), self.options.k, sources), "lexical")

    def _join(self, join: SelfJoin, view: str) -> None:
        join.write(self.folder / "neighbours" / view, stage=f"join {view}", progress=self.progress)

    def _has_text(self) -> bool:
        return any(self.catalog.table[name].null_count < len(self.catalog) for name in self.options.text_fields)


def source_codes(catalog: Catalog) -> Ints1d:
    """Each product's source as a code (n,), -1 where it has none. Raises InputError when no product has one."""
    codes = catalog.sources()
    if (codes < 0).all():
        raise InputError("--match-across-sources: no product has a 'source': name its column in a schema file")
    return codes
