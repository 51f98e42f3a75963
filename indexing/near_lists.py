"""Lists of near rows around centres, and which of them are nearest to one another."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats2d, Ints1d, Ints2d


@dataclass(frozen=True)
class Lists:
    """The list of each product (n,), -1 where it has nothing to see, and the lists' centres (lists, d)."""

    codes: Ints1d
    centres: Floats2d

    def near(self, count: int) -> Ints2d:
        """For each list the `count` nearest by inner product (lists, count), itself first."""
        cosines = self.centres @ self.centres.T
        np.fill_diagonal(cosines, np.inf)
        return np.argsort(-cosines, axis=1, kind="stable")[:, :count].astype(np.int64)
