"""Options say what is served, and to whom: by default to the browsers of this machine alone."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from indexing.errors import InputError
from indexing.publishing.address import Address
from scripts.serve.safety.origins import host_name

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class ServeOptions:
    """They say where the server listens, what makes others welcome, and what it shows beside the index and the model.

    `labels` is the store that pairs are labelled into, `budget` how many in all; pairs of `scores` are reviewed into it, those that
    `previous_scores` do not have as the fresh ones; `reports` is a folder of evaluation reports.
    `allow_hosts` are further names by which the server may be called; `picture_hosts` those that pictures may be fetched from;
    `groups` is a file of groups, `group_scores` what it was made of, and `decisions` the file that decisions are kept in.
    `access_log` is a file of a line a request, `-` the standard output; `at` is where the index is published, if it is searched
    there.
    Raises InputError for what would let in whoever comes.
    """

    index: Path
    model: Path | None = None
    labels: Path | None = None
    budget: int = 500
    host: str = "127.0.0.1"
    port: int = 8000
    tokens: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False
    allow_hosts: tuple[str, ...] = ()
    picture_hosts: tuple[str, ...] = ()
    access_log: Path | None = None
    groups: Path | None = None
    group_scores: Path | None = None
    decisions: Path | None = None
    scores: Path | None = None
    previous_scores: Path | None = None
    reports: Path | None = None
    at: Address | None = None

    def __post_init__(self) -> None:
        self._refuse_scores()
        if (self.certificate is None) != (self.key is None):
            raise InputError("--certificate and --key belong together: give both")
        if not self.local and (self.tokens is None or not self.secure):
            raise InputError(
                f"--host {self.host}: other machines can reach it: give --tokens FILE, and --certificate with --key; "
                "--behind-proxy is for a proxy on this machine"
            )
        if self.behind_proxy and not self.local:
            raise InputError(
                f"--behind-proxy --host {self.host}: other machines can reach it past the proxy, without https: leave --host out"
            )
        for name in self.allow_hosts:
            if host_name(name) != name.lower():
                raise InputError(f"--allow-host {name}: is no name of a host: give it alone, such as match.example")
        if self.behind_proxy and (self.tokens is None or not self.allow_hosts):
            raise InputError(
                "--behind-proxy: give --tokens FILE, and --allow-host with the name that browsers call the proxy by"
            )
        for option, given in (("--group-scores", self.group_scores), ("--decisions", self.decisions)):
            if given is not None and self.groups is None:
                raise InputError(f"{option} {given}: is about the groups of a file: give --groups FILE too")
        if not self.names:
            raise InputError(f"--host {self.host}: give --allow-host with the name that browsers call it by")

    def _refuse_scores(self) -> None:
        """Raise InputError for scores without a store, and for those of before without any."""
        if self.scores is not None and self.labels is None:
            raise InputError(f"--scores {self.scores}: give --labels with the store that verdicts of its pairs go into")
        if self.previous_scores is not None and self.scores is None:
            raise InputError(f"--previous-scores {self.previous_scores}: give --scores with those of now")

    @property
    def local(self) -> bool:
        """Say whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def secure(self) -> bool:
        """Say whether browsers come by https."""
        return self.certificate is not None or self.behind_proxy

    @property
    def linked(self) -> bool:
        """Say whether a start-up link lets a browser of this machine in."""
        return self.local and not self.behind_proxy

    @property
    def names(self) -> frozenset[str]:
        """Return the names by which the server may be called, in small letters."""
        asked = {name.lower() for name in self.allow_hosts}
        if self.linked:
            return frozenset({*asked, *LOCAL_NAMES, self._own})
        everywhere = self.host in ("0.0.0.0", "::")
        return frozenset(asked if everywhere or self.behind_proxy else {*asked, self._own})

    @property
    def _own(self) -> str:
        return f"[{self.host.lower()}]" if ":" in self.host else self.host.lower()

    def address(self, port: int) -> str:
        """Return the address of the page on the port that was bound."""
        return f"{'https' if self.certificate is not None else 'http'}://{self._own}:{port}"
