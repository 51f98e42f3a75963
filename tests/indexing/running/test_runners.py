"""Tasks run here, in processes that die and hang, and twice; each part is written, and told of once."""

import os
import pickle
import time
from collections import Counter

import pytest
from tried_tasks import Desk, Troubled, squares

from indexing.encoders.pictures.patience import PicturesMissing
from indexing.errors import InputError, Unfinished
from indexing.running import same_versions
from indexing.running.attempts import CrewRunner, Ended
from indexing.running.choice import chosen_runner, refuse_cluster
from indexing.running.local import HERE, LocalRunner
from indexing.running.processes import ProcessCrew
from indexing.running.ray_crew import Node, _roomiest
from indexing.running.tasks import finished, ranges
from indexing.running.worker import Result, run_task


@pytest.fixture
def processes():
    """Runners on two processes, which are ended afterwards."""
    crews = []

    def make(limit_s=60.0, **options):
        crews.append(ProcessCrew(2))
        return CrewRunner(crews[-1], limit_s, **options)

    yield make
    for crew in crews:
        crew.close()
        assert crew.members == []


def parts_in(folder):
    return sorted(int(file.name.removeprefix("part_")) for file in folder.glob("part_*"))


def test_ranges_divide_all_places_in_order():
    tasks = ranges(10, 4, "rows")
    assert [(task.first, task.last) for task in tasks] == [(0, 2), (2, 5), (5, 7), (7, 10)]
    assert str(tasks[1]) == "part 1 (rows 2 to 4)"
    assert [(task.first, task.last) for task in ranges(2, 9, "rows")] == [(0, 1), (1, 2)]
    assert ranges(0, 3, "rows") == []


@pytest.mark.parametrize("runner", [HERE, LocalRunner(apart=True), Troubled(1), Troubled(2)], ids=str)
def test_every_task_is_told_of_once_whatever_the_order(tmp_path, runner):
    done = list(runner.map(squares, ranges(20, 5, "numbers"), Desk(tmp_path)))
    assert sorted(outcome.task.number for outcome in done) == parts_in(tmp_path) == [0, 1, 2, 3, 4]
    assert sum(outcome.counts["squares"] for outcome in done) == 20


def test_no_tasks_open_nothing(tmp_path):
    assert list(HERE.map(squares, [], Desk(tmp_path))) == []
    assert list(tmp_path.iterdir()) == []


def test_processes_open_what_they_share_once(tmp_path, processes):
    done = list(finished(processes().map(squares, ranges(30, 9, "numbers"), Desk(tmp_path))))
    assert parts_in(tmp_path) == list(range(9))
    assert len({outcome.node for outcome in done}) <= 2
    assert len(list(tmp_path.glob("opened_*"))) <= 2


@pytest.mark.parametrize("how", ["dies", "storage", "store"])
def test_a_task_that_fails_by_chance_is_tried_again_elsewhere(tmp_path, processes, how):
    desk = Desk(tmp_path, ((2, how),), most=2)
    done = {outcome.task.number: outcome for outcome in processes().map(squares, ranges(12, 4, "numbers"), desk)}
    assert parts_in(tmp_path) == [0, 1, 2, 3]
    assert (done[2].attempt, done[2].lost) == (3, "")
    assert done[1].attempt == 1


def test_a_task_that_kills_its_worker_is_given_up_and_the_others_are_done(tmp_path, processes):
    desk = Desk(tmp_path, ((1, "dies"),), most=99)
    done = {outcome.task.number: outcome for outcome in processes().map(squares, ranges(12, 4, "numbers"), desk)}
    assert parts_in(tmp_path) == [0, 2, 3]
    assert (done[1].attempt, done[1].lost) == (3, "its process died there")
    with pytest.raises(Unfinished, match=r"part 1 \(numbers 3 to 5\) was tried 3 times.*its process died there"):
        list(finished([done[0], done[1]]))


def test_a_task_that_hangs_is_stopped(tmp_path, processes):
    begun = time.monotonic()
    desk = Desk(tmp_path, ((0, "hangs"),), most=99)
    done = {n.task.number: n for n in processes(limit_s=1.5, attempts=2).map(squares, ranges(4, 2, "numbers"), desk)}
    assert parts_in(tmp_path) == [1]
    assert done[0].lost == "took longer than 1.5 s there"
    assert time.monotonic() - begun < 60


def test_what_a_task_refuses_names_the_part_and_the_worker(tmp_path, processes):
    desk = Desk(tmp_path, ((1, "input"),), most=99)
    with pytest.raises(InputError, match=r"part 1 \(numbers 5 to 9\) on process \d+: products.parquet: row 7"):
        list(processes().map(squares, ranges(10, 2, "numbers"), desk))
    assert len(list(tmp_path.glob("try_1_*"))) == 1


def test_whoever_sits_at_the_terminal_can_be_asked_about_pictures_that_a_worker_misses(tmp_path, processes):
    desk = Desk(tmp_path, ((1, "pictures"),), most=99)
    with pytest.raises(PicturesMissing, match=r"part 1 \(numbers 5 to 9\) on process \d+: 200 pictures in a row"):
        list(processes().map(squares, ranges(10, 2, "numbers"), desk))


def test_a_bug_in_a_task_keeps_its_kind(tmp_path, processes):
    desk = Desk(tmp_path, ((0, "bug"),), most=99)
    with pytest.raises(ZeroDivisionError) as raised:
        list(processes().map(squares, ranges(10, 2, "numbers"), desk))
    assert "part 0 (numbers 0 to 4) on process" in raised.value.__notes__[0]


@pytest.mark.parametrize(
    ("how", "met"),
    [
        ("storage", r"\[Errno 5\] Input/output error: '/shared/part'"),
        ("store", r"s3://team/scores: cannot be written \(SlowDown\)"),
        ("memory", "MemoryError"),
    ],
)
def test_what_stays_broken_leaves_the_work_unfinished(tmp_path, processes, how, met):
    """So that what was made stays: an index's unfinished folder is kept for this error alone."""
    desk = Desk(tmp_path, ((0, how),), most=99)
    with pytest.raises(Unfinished, match=rf"part 0 .* was tried 3 times, the last time on process \d+, and met: {met}"):
        list(processes().map(squares, ranges(10, 2, "numbers"), desk))
    assert len(list(tmp_path.glob("try_0_*"))) == 3


def test_no_worker_at_all_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.running.attempts.PATIENCE_S", 0.2)
    with pytest.raises(Unfinished, match="no machine is left for 2 parts: start some, then run the same command again"):
        list(CrewRunner(ProcessCrew(0)).map(squares, ranges(4, 2, "numbers"), Desk(tmp_path)))


def test_a_map_that_is_left_stops_its_workers(tmp_path, processes):
    runner = processes()
    outcomes = runner.map(squares, ranges(4, 2, "numbers"), Desk(tmp_path, ((1, "hangs"),), most=99))
    next(outcomes)
    outcomes.close()
    assert [member.handle for member in runner.crew.members if member.handle is not None] == []


def test_a_map_that_is_left_after_its_workers_has_nobody_to_stop(tmp_path, processes):
    runner = processes()
    outcomes = runner.map(squares, ranges(4, 2, "numbers"), Desk(tmp_path, ((1, "hangs"),), most=99))
    next(outcomes)
    runner.close()
    outcomes.close()
    assert runner.crew.members == []


def test_an_interrupt_is_left_to_the_command(tmp_path, processes):
    """Ctrl-C reaches every process of a terminal; workers do not tell tracebacks of it."""
    done = list(processes().map(squares, ranges(4, 2, "numbers"), Desk(tmp_path, ((0, "interrupted"),))))
    assert [outcome.attempt for outcome in done] == [1, 1]


def test_a_worker_with_other_versions_is_refused(tmp_path, processes, monkeypatch):
    other = {**same_versions.own_versions(), "numpy": "1.0"}
    monkeypatch.setattr("indexing.running.attempts.own_versions", lambda: other)
    with pytest.raises(Unfinished, match=r"has numpy \S+ instead of 1.0: install the same versions"):
        list(processes().map(squares, ranges(4, 1, "numbers"), Desk(tmp_path)))


def test_a_worker_that_lacks_the_code_of_the_work_says_which_versions_it_has():
    other = {**same_versions.own_versions(), "heroic": "newer"}
    without = pickle.dumps((other, b"cindexing.not_here_yet\nwork\n."))
    error = run_task(without, ranges(4, 1, "numbers")[0], "a node").error
    assert isinstance(error, InputError)
    assert "instead of newer: install the same versions" in str(error)


@pytest.mark.parametrize("where", ["", "here", "local:0", "local:9999", "host", "host:port", "a b:1", "host:999999"])
def test_a_word_that_names_no_place_is_refused(where):
    with pytest.raises(InputError, match=f"--cluster {where}: give auto, HOST:PORT"):
        refuse_cluster(where)


def test_nobody_could_stop_what_this_process_does():
    with pytest.raises(InputError, match="--task-timeout: is for parts done elsewhere"):
        refuse_cluster(None, limit_s=5)
    refuse_cluster("auto", limit_s=5)


@pytest.mark.parametrize("where", [None, "auto", "head:6379", "10.0.0.1:6379", "local:2"])
def test_a_word_that_names_a_place_passes(where):
    refuse_cluster(where)


def test_local_processes_are_ended_with_the_runner(tmp_path):
    with chosen_runner("local:2") as runner:
        assert (runner.workers, runner.apart) == (2, True)
        list(finished(runner.map(squares, ranges(6, 3, "numbers"), Desk(tmp_path))))
        pids = [member.process.pid for member in runner.crew.members]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with chosen_runner(None) as runner:
        assert runner is HERE


def test_a_task_rather_waits_than_goes_where_it_failed():
    """A machine that has died looks free until its cluster knows."""
    nodes = [Node("x", "busy", 2), Node("y", "dead", 2), Node("z", "full", 1)]
    busy = Counter({"x": 1, "z": 1})
    assert _roomiest(nodes, busy, []).name == "dead"
    assert _roomiest(nodes, busy, ["dead"]).name == "busy"
    assert _roomiest(nodes, busy, ["dead", "busy"]).name == "full"
    assert _roomiest(nodes, busy, ["dead", "busy", "full"]).name == "dead"


class AllAtOnce:
    """A crew whose tasks all end at the same look; as Ray's it knows no task any more that has been reported."""

    address = "127.0.0.1"

    def __init__(self, size, results):
        self.size, self.results, self.under_way = size, results, {}

    def give(self, handle, what, task, avoid):
        self.under_way[handle] = self.results[task.number]

    def reports(self, wait_s):
        found, self.under_way = self.under_way, {}
        return [Ended(handle, "a node", result) for handle, result in found.items()]

    def stop(self, handle):
        del self.under_way[handle]

    def close(self):
        """End nobody."""


def test_the_first_refusal_of_several_at_once_is_told(tmp_path):
    refused = [Result({}, error=InputError(f"part {number} is refused")) for number in range(3)]
    runner = CrewRunner(AllAtOnce(3, refused))
    for run in (runner.together, lambda *asked: list(runner.map(*asked))):
        with pytest.raises(InputError, match="part 0 is refused"):
            run(squares, ranges(9, 3, "numbers"), Desk(tmp_path))


def test_shares_that_die_together_are_told_as_one_that_died(tmp_path):
    told = CrewRunner(AllAtOnce(3, [None] * 3)).together(squares, ranges(9, 3, "numbers"), Desk(tmp_path))
    assert told == "part 0 (numbers 0 to 2) failed on a node: its process died there"
