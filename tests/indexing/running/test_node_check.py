"""A look at workers says what would keep them from working."""

import os
from functools import partial

import pytest
from tried_tasks import Troubled

from indexing.errors import InputError
from indexing.running import node_check, same_versions
from indexing.running.choice import chosen_runner
from indexing.running.node_check import check_nodes


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(node_check, "STAY_S", 0.0)


def test_processes_here_can_work(tmp_path):
    with chosen_runner("local:2", limit_s=60, alike=False) as runner:
        found = check_nodes(runner, tmp_path)
    assert sum(state.tasks for state in found) == 2
    assert all(state.sees and state.disk and state.memory and not state.others for state in found)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_sees_another_folder_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(node_check.PartFolder, "local", lambda self, name: tmp_path / "other" / name)
    (state,) = check_nodes(Troubled(workers=2), tmp_path)
    assert not state.sees
    assert not state.sound


def test_other_versions_are_named(tmp_path, monkeypatch):
    other = {**same_versions.own_versions(), "numpy": "1.0", "gone": "2"}
    monkeypatch.setattr(node_check, "NodeLook", partial(node_check.NodeLook, versions=other))
    (state,) = check_nodes(Troubled(workers=1), tmp_path)
    assert [line.partition(" ")[0] for line in state.others] == ["gone", "numpy"]
    assert state.others[0] == "gone none, not 2"
    assert state.sees
    assert not state.sound


def test_little_memory_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(node_check, "available_bytes", lambda: 3 << 29)
    (state,) = check_nodes(Troubled(workers=2), tmp_path)
    assert state.little
    assert not state.sound
    (state,) = check_nodes(Troubled(workers=1), tmp_path)
    assert state.sound


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        check_nodes(Troubled(), tmp_path / "gone")


@pytest.mark.skipif(os.getuid() == 0, reason="root writes anywhere")
def test_a_folder_that_takes_nothing_is_an_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        check_nodes(Troubled(), tmp_path)


def test_the_command_tells_of_every_worker(heroic, tmp_path, monkeypatch):
    result = heroic("cluster", "check", tmp_path, "--cluster", "local:2")
    assert result.exit_code == 0
    assert f"sees {tmp_path}" in result.stdout
    assert "2 tasks at once" in result.stdout.splitlines()[-1]
    monkeypatch.setattr(node_check, "available_bytes", lambda: 0)
    monkeypatch.setattr("indexing.running.choice._runner", lambda *_: Troubled(workers=1))
    result = heroic("cluster", "check", tmp_path, "--cluster", "local:2")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "0 of 1 can work, 0 tasks at once")
