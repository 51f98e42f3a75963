"""A Ray cluster of one machine, at 127.0.0.2, for as long as something is measured.

Ray listens on all interfaces: run what measures in a network of its own, as docs/benchmarks.md does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from indexing.errors import InputError
from indexing.running.tasks import Runner

STORE_BYTES = 80 << 20  # what Ray takes at least


@contextmanager
def own_ray(processors: int) -> Iterator[Runner]:
    """Yield a runner on a cluster of one machine with so many processors; all of it ends with the block."""
    from indexing.running.choice import chosen_runner

    os.environ.update(RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0", RAY_USAGE_STATS_ENABLED="0", PYTHONPATH=os.getcwd())
    try:
        from ray.cluster_utils import Cluster
    except ImportError as error:
        raise InputError(
            f"ray:{processors}: needs Ray: pip install 'heroic[cluster]', or measure here or local:N"
        ) from error

    machine = {"num_cpus": processors, "node_ip_address": "127.0.0.2", "object_store_memory": STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={**machine, "include_dashboard": False})
    try:
        with chosen_runner(cluster.address) as runner:
            yield runner
    finally:
        cluster.shutdown()
