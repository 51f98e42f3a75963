"""Files of weights are compared tensor by tensor: as bytes, pytest looks for the differences of megabytes for longer than all tests take."""


def unlike(one, other):
    """Which tensors of two files are not the same, and by how much."""
    from safetensors.torch import load_file

    first, second = load_file(one), load_file(other)
    assert first.keys() == second.keys()
    return {
        name: float((first[name] - second[name]).abs().max()) for name in first if not first[name].equal(second[name])
    }
