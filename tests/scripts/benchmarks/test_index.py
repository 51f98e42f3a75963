"""The benchmark of the index goes on without libraries that are not installed."""

import sys
import time

import numpy as np
import pytest

from scripts.benchmarks.index import _rival


@pytest.mark.parametrize(("name", "module"), [("hnswlib", "hnswlib"), ("usearch", "usearch")])
def test_a_library_that_is_not_installed_is_left_out_and_said(name, module, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    for part in [key for key in sys.modules if key.startswith(f"{module}.")]:
        monkeypatch.setitem(sys.modules, part, None)
    assert _rival(name, np.eye(4, dtype=np.float32), None, time.perf_counter) == 0.0
    assert f"{name}: left out" in capsys.readouterr().out
