"""What takes long in the background tells the log how far it is: when it begins, and again every few seconds."""

import logging
import time
from collections.abc import Callable

EVERY_S = 5.0
_log = logging.getLogger("heroic.serve")


class LoggedProgress:
    """It is a `Progress` of what is done for `whom`; that it is done is for others to say."""

    def __init__(self, whom: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.whom, self._clock = whom, clock
        self._last = -EVERY_S + clock()  # when it was told last

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        if done < total and now >= self._last + EVERY_S:
            _log.info("%s: %s, %s of about %s", self.whom, stage, f"{done:,}", f"{total:,}")
            self._last = now
