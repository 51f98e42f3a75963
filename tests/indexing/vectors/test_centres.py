"""The nearest centres: the same whatever the threads, and whoever asks first."""

import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_limits

from indexing.vectors.centres import nearest_centres


def test_the_nearest_centres_are_the_same_with_any_number_of_threads():
    """Centres that differ by little more than a rounding: BLAS sums otherwise with each number of threads."""
    generator = np.random.default_rng(0)
    centres = (generator.normal(size=64) + 1e-7 * generator.normal(size=(500, 64))).astype(np.float32)
    rows = generator.normal(size=(6000, 64)).astype(np.float32)
    found = []
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            found.append(nearest_centres(rows, centres, 3))
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()


AT_ONCE = """
import time
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from indexing.vectors.centres import nearest_centres
rows = np.eye(4, dtype=np.float32)
with ThreadPoolExecutor(8) as pool:
    found = []
    for _ in range(8):
        found.append(pool.submit(nearest_centres, rows, rows, 1))
        time.sleep(0.02)
    assert len({one.result().tobytes() for one in found}) == 1
"""


def test_threads_may_look_for_centres_while_one_of_them_loads_faiss():
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
