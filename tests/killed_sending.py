"""Processes that send to a store die in the middle."""

import pytest

from indexing.storage.stored_versions import send_artefact
from indexing.storage.stores import Store


class Killed(BaseException):
    """The process is gone."""


def kill_sending(folder, place, monkeypatch, after=2):
    """Send an artefact by a process that dies when so many files have arrived."""
    send, arrived = Store.send, []

    def dying(self, file, name):
        if len(arrived) == after:
            raise Killed
        arrived.append(name)
        send(self, file, name)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "send", dying)
        with pytest.raises(Killed):
            send_artefact(folder, place)
