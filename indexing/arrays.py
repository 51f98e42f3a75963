"""Array types are named by rank. Floats are float32 unless a docstring says otherwise, ints are int64."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats1d = npt.NDArray[np.floating[Any]]  # (n,)
Floats2d = npt.NDArray[np.floating[Any]]  # (n, d)
Ints1d = npt.NDArray[np.int64]  # (n,)
Ints2d = npt.NDArray[np.int64]  # (n, k)
Bools1d = npt.NDArray[np.bool_]  # (n,)
Objects1d = npt.NDArray[np.object_]  # (n,)
