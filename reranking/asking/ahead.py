"""Work is done ahead, in a thread, while a reviewer looks at what is ready."""

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Ahead(Generic[Result]):
    """It runs one piece of work at a time. An error of the work is raised when its result is taken."""

    def __init__(self) -> None:
        self._thread: Thread | None = None
        self._result: Result | None = None
        self._error: BaseException | None = None

    @property
    def busy(self) -> bool:
        """Say whether work was begun whose result nobody took."""
        return self._thread is not None

    @property
    def ready(self) -> bool:
        """Say whether there is a result to take, or an error."""
        return self._thread is not None and not self._thread.is_alive()

    def begin(self, work: Callable[[], Result]) -> None:
        """Begin a piece of work; the process does not wait for it when it ends."""
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def take(self) -> Result:
        """Return the result of what was begun, as soon as it is there."""
        assert self._thread is not None, "nothing was begun"
        self._thread.join()
        self._thread, error, result = None, self._error, self._result
        self._error = self._result = None
        if error is not None:
            raise error
        assert result is not None
        return result

    def _run(self, work: Callable[[], Result]) -> None:
        try:
            self._result = work()
        except BaseException as error:  # it belongs to whoever takes the result
            self._error = error
