"""Tasks run on a Ray cluster of three machines, processes here, while workers and machines are killed.

Each test ends within its limit, since what fails here hangs: the driver is a process that is killed then.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ray_machines import ROOT, network_of, processes_of, ray_cluster

pytest.importorskip("ray", reason="the extra cluster is not installed")

LIMIT_S = 150
DRIVER = """
import json, signal, sys
from pathlib import Path
from tried_tasks import Desk, squares
from indexing.running.choice import chosen_runner
from indexing.running.tasks import ranges
address, folder, wrong, most, killed = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
with chosen_runner(address, limit_s=15) as runner:
    print(json.dumps({"machines": len(runner.crew.nodes)}), flush=True)
    for number, done in enumerate(runner.map(squares, ranges(24, 8, "numbers"), Desk(folder, tuple(map(tuple, wrong)), most))):
        print(json.dumps([done.task.number, done.attempt, done.node, done.lost]), flush=True)
        if number == 0 and killed:
            import os
            os.kill(killed, signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def machines():
    with ray_cluster() as cluster:
        yield cluster


def driven(cluster, folder, wrong=(), most=99, killed=0, ends=0):
    """What the driver tells: how many machines there are, and of each task the attempt, the node and why it is lost."""
    words = [sys.executable, "-c", DRIVER, cluster.address, folder, json.dumps(wrong), most, killed]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=LIMIT_S, cwd=ROOT, check=False)
    assert done.returncode == ends, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("[", "{"))]
    return told[0]["machines"], {number: tuple(rest) for number, *rest in told[1:]}, done


def parts_in(folder):
    return sorted(int(file.name.removeprefix("part_")) for file in folder.glob("part_*"))


def test_a_worker_that_dies_is_replaced_and_its_task_goes_elsewhere(machines, tmp_path):
    count, done, _ = driven(machines, tmp_path, [(2, "dies")], most=1)
    assert count == 3
    assert parts_in(tmp_path) == sorted(done) == list(range(8))
    assert {number: attempt for number, (attempt, _, _) in done.items() if attempt > 1} == {2: 2}


def test_a_poison_task_is_tried_on_all_machines_then_lost(machines, tmp_path):
    _, done, _ = driven(machines, tmp_path, [(1, "dies"), (3, "hangs")])
    assert parts_in(tmp_path) == [0, 2, 4, 5, 6, 7]
    slow = "took longer than 15 s there"
    assert done[1][0] == 3
    assert done[1][2] in ("its process died there", slow)  # a busy machine may take as long to start a process
    assert done[3][0::2] == (3, slow)


def test_what_a_task_refuses_names_the_part_and_the_machine(machines, tmp_path):
    _, _, ended = driven(machines, tmp_path, [(0, "input")], ends=1)
    assert "InputError: part 0 (numbers 0 to 2) on 127.0.0." in ended.stderr
    assert "products.parquet: row 7: no id: give it one" in ended.stderr


STOPPED = """
import os, signal, sys, time
from indexing.running.choice import chosen_runner
def stop(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGTERM, stop)
try:
    with chosen_runner(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(30)
except KeyboardInterrupt as interrupt:
    print(*interrupt.__notes__)
"""


def test_sigterm_is_left_to_the_command_that_handles_it(machines):
    """Ray would end the process in a way of its own, without what the command says and keeps."""
    words = [sys.executable, "-c", STOPPED, machines.address]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT_S, cwd=ROOT, check=False)
    again = "run the same command again: it passes over the parts that are finished\n"
    assert (done.returncode, done.stdout) == (0, again), done.stderr


def test_the_machines_have_a_network_of_their_own(machines):
    """Where nobody else is: Ray listens on all interfaces."""
    assert len({network_of(pid) for pid in processes_of(machines)} - {machines.outside}) == 1
    assert machines.outside not in {network_of(pid) for pid in processes_of(machines)}


@pytest.mark.cluster
def test_a_machine_that_dies_leaves_its_tasks_to_the_others(tmp_path):
    with ray_cluster() as machines:
        raylet = next(iter(machines.worker_nodes)).all_processes["raylet"][0].process
        _, done, _ = driven(machines, tmp_path, [(number, "storage") for number in range(3)], most=1, killed=raylet.pid)
    assert parts_in(tmp_path) == sorted(done) == list(range(8))
    assert {lost for _, _, lost in done.values()} == {""}


def test_a_cluster_that_is_not_there_is_told():
    from indexing.errors import InputError
    from indexing.running.choice import chosen_runner

    with (
        pytest.raises(InputError, match=r"--cluster 127\.0\.0\.1:1: nobody answers there"),
        chosen_runner("127.0.0.1:1"),
    ):
        pass


@pytest.mark.cluster
def test_no_process_is_left(tmp_path):
    with ray_cluster(machines=2) as machines:
        pids = processes_of(machines)
        driven(machines, tmp_path)
    assert pids
    assert [
        pid for pid in pids if Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes()
    ] == []
