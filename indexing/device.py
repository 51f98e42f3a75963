"""The only place that looks for a GPU."""

from indexing.errors import InputError


def choose_device(asked: str) -> str:
    """`cpu` or `cuda` for what the user asked (`auto`, `cpu`, `cuda`). Raises InputError when there is no GPU."""
    if asked == "cpu":
        return "cpu"
    from indexing.faiss_index import gpu_count

    found = gpu_count()
    if asked == "cuda" and not found:
        raise InputError("--device cuda: FAISS finds no GPU: install heroic[gpu] where one is, or use --device cpu")
    return "cuda" if found else "cpu"
