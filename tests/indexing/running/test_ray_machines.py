"""Which machine of a Ray cluster gets a task, without any cluster."""

from collections import Counter
from types import SimpleNamespace

import pytest

from indexing.running import ray_crew
from indexing.running.ray_crew import Node, RayCrew
from indexing.running.tasks import Task

NODES = [Node("a" * 56, "10.0.0.1/a", 2), Node("b" * 56, "10.0.0.2/b", 4)]


def test_the_one_with_most_room_is_chosen_of_those_where_it_did_not_fail():
    assert ray_crew._roomiest(NODES, Counter(), ()).key == "b" * 56
    assert ray_crew._roomiest(NODES, Counter({"b" * 56: 3}), ()).key == "a" * 56
    assert ray_crew._roomiest(NODES, Counter(), ("10.0.0.2/b",)).key == "a" * 56
    assert ray_crew._roomiest(NODES, Counter(), ("10.0.0.1/a", "10.0.0.2/b")).key == "b" * 56


@pytest.fixture
def given(monkeypatch):
    """What is sent, in the place of Ray, to which machine."""
    pytest.importorskip("ray", reason="Ray is not installed")
    import ray

    sent = []

    def options(**asked):
        sent.append(asked["scheduling_strategy"].node_id)
        return SimpleNamespace(remote=lambda *_: "under way")

    monkeypatch.setattr(ray, "remote", lambda work: SimpleNamespace(options=options))
    return sent


def test_a_task_goes_to_where_machines_were_when_all_have_gone_since_they_were_counted(monkeypatch, given):
    """Between the count of free places and the giving a second passes, and they are asked for again."""
    alive = [NODES, []]
    monkeypatch.setattr(ray_crew, "_alive", lambda per_node: alive.pop(0) if len(alive) > 1 else alive[0])
    monkeypatch.setattr(ray_crew, "NODES_S", 0.0)
    crew = RayCrew()
    assert crew.size == 6
    crew.give(1, b"", Task(0, 0, 1, "products 0 to 0"), ())
    assert given == ["b" * 56]
    assert crew.size == 0
