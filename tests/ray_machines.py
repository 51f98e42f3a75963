"""A Ray cluster of three machines that are processes here, each at an address of its own, for tests that kill them.

Ray listens on all interfaces of a machine. These machines have a network of their own, in which there is nothing else.
"""

import ctypes
import fcntl
import os
import socket
import struct
from contextlib import contextmanager
from pathlib import Path

import pytest

STORE_BYTES = 80 << 20  # what Ray takes at least
HERE = Path(__file__).parent
ROOT = HERE.parent
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
SET_FLAGS, UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP


@contextmanager
def own_network():
    """Put this thread, and what it starts, into a network that reaches nobody."""
    system = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if system.unshare(NEW_NETWORK):
            pytest.skip("no network of its own can be made: Ray would listen on all interfaces")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
        yield
    finally:
        system.setns(before, NEW_NETWORK)
        os.close(before)


def network_of(process):
    """A number that tells the networks of processes apart."""
    return os.stat(f"/proc/{process}/ns/net").st_ino


@contextmanager
def ray_cluster(machines=3, cpus=1):
    """Yield the cluster; its `address` is that of its head, at 127.0.0.2. All of its processes are ended afterwards."""
    os.environ.update(RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0", RAY_USAGE_STATS_ENABLED="0")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(HERE)])
    from ray.cluster_utils import Cluster

    def options(number):
        return {"num_cpus": cpus, "node_ip_address": f"127.0.0.{number}", "object_store_memory": STORE_BYTES}

    outside = network_of("thread-self")
    with own_network():
        cluster = Cluster(initialize_head=True, head_node_args={**options(2), "include_dashboard": False})
        cluster.outside = outside
        try:
            for number in range(3, 2 + machines):
                cluster.add_node(**options(number))
            yield cluster
        finally:
            cluster.shutdown()


def processes_of(cluster):
    """The ids of all processes that Ray started for its machines."""
    return [
        info.process.pid for node in cluster.list_all_nodes() for kind in node.all_processes.values() for info in kind
    ]
