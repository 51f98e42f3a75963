"""Machines compute the same bytes with the same versions of what computes them; a worker with others is refused."""

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from indexing.errors import Unfinished

COMPUTING = (
    "numpy", "scipy", "pyarrow", "pandas", "scikit-learn", "sparse_dot_topn", "rapidfuzz", "regex", "anyascii", "pillow",
    "faiss-cpu", "faiss-gpu", "xgboost-cpu", "xgboost", "torch", "onnxruntime", "sentence-transformers", "open_clip_torch",
)  # fmt: skip
ABSENT = "none"


@cache
def own_versions() -> dict[str, str]:
    """Return the versions, by name, of what this process computes with; `heroic` is a digest of its own code."""
    found = {name: _version(name) for name in COMPUTING}
    return {"heroic": _code(), "python": platform.python_version(), "machine": platform.machine(), **found}


def other_versions(theirs: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return by name where this process has another version (first) than `theirs` (second)."""
    own = own_versions()
    names = dict.fromkeys([*theirs, *own])
    pairs = {name: (own.get(name, ABSENT), theirs.get(name, ABSENT)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def refuse_others(theirs: dict[str, str], node: str) -> None:
    """Raise Unfinished where this process, on a node, does not compute with `theirs`: what others made stays."""
    others = other_versions(theirs)
    if others:
        told = ", ".join(f"{name} {own} instead of {asked}" for name, (own, asked) in others.items())
        raise Unfinished(f"{node} has {told}: install the same versions on all machines")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ABSENT


def _code() -> str:
    """Return 12 digits that change with the code of the packages that tasks run."""
    root, digest = Path(__file__).parents[2], hashlib.sha256()
    for package in ("indexing", "reranking", "eval"):
        for file in sorted((root / package).rglob("*.py")):
            digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
