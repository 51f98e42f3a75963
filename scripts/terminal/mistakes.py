"""What a user or the machine did wrong is one line on stderr; what the program did wrong keeps its traceback."""

import errno
import os

NO_MEMORY = "give a smaller --memory where the command has it, fewer rows at once, or a machine with more"
REMEDIES = {
    errno.EACCES: "allow it to be read or written, or name another",
    errno.EPERM: "allow it to be read or written, or name another",
    errno.ENOSPC: "make room, then run it again",
    errno.EDQUOT: "make room, then run it again",
    errno.EFBIG: "make room, then run it again",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.ENOMEM: NO_MEMORY,
}


def told(error: Exception) -> str | None:
    """Return the line, without line breaks; None for a bug."""
    from indexing.errors import InputError

    if isinstance(error, InputError):
        return " ".join(str(error).splitlines())
    if isinstance(error, MemoryError):
        return f"not enough memory ({' '.join(str(error).split()) or 'no more is given'}): {NO_MEMORY}"
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return f"{error.object!a}: is no text in UTF-8: rename it, or write it otherwise"
    if isinstance(error, OSError) and error.errno not in (None, errno.EPIPE):
        return _of_system(error, error.errno)
    return None


def _of_system(error: OSError, number: int) -> str:
    """Say what the system refused, and of which file, where it names one."""
    named = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{named}{os.strerror(number)}: {REMEDIES.get(number, 'name another')}"
