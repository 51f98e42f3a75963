"""The server listens on a socket, opens index and model, says where the page is, and answers until it is stopped."""

import asyncio
import getpass
import logging
import os
import socket
import ssl
from collections.abc import Callable
from typing import Any

import uvicorn

from indexing.errors import InputError
from scripts.serve.application import build_application
from scripts.serve.engine.access_log import AccessLog
from scripts.serve.engine.current import Current
from scripts.serve.engine.label_desks import LabelDesks
from scripts.serve.engine.limits import LIMITS, Limits
from scripts.serve.engine.served import Sources
from scripts.serve.engine.service import Service
from scripts.serve.groups.board import GroupSources
from scripts.serve.groups.desk import GroupDesk
from scripts.serve.options import ServeOptions
from scripts.serve.pages.entrance import Entrance
from scripts.serve.reports.desk import ReportDesk
from scripts.serve.review.desk import ReviewDesk, ReviewSources
from scripts.serve.safety.connections import HandshakeLoop, bounded
from scripts.serve.safety.guard import Doorway
from scripts.serve.safety.tokens import TokenFile
from scripts.serve.safety.visitors import Visitors
from scripts.serve.stopping import ANSWERS_S, StoppingServer
from scripts.terminal.progress import shown

BACKLOG = 128


def serve(options: ServeOptions, say: Callable[[str], None]) -> None:
    """Serve until the process is told to stop; `say` tells people where the page is.

    Raises InputError for an address that cannot be listened at, and for an index, a model, tokens or a certificate that cannot be
    opened.
    """
    tokens = None if options.tokens is None else TokenFile(options.tokens)
    log = None if options.access_log is None else AccessLog(options.access_log)
    _refuse_certificate(options)
    with _listening(options) as bound:
        port = int(bound.getsockname()[1])
        _log_to_stderr()  # before what is read in the background begins
        with shown(passing=True) as progress:
            current = Current(Sources(options.index, options.model, options.at), progress=progress)
        service = Service.start(
            current,
            LIMITS,
            frozenset(host.lower() for host in options.picture_hosts),
            _desks(options, current),
            groups=_groups(options),
            review=_review(options, current),
            reports=None if options.reports is None else ReportDesk.of_folder(options.reports, LIMITS),
        )
        visitors = Visitors(tokens, _own_name() if options.linked else None)
        doorway = Doorway(visitors, options.names, f"heroic-{port}", options.secure)
        entrance = Entrance(doorway, options.address(port), say)
        say(_told(service))
        entrance.tell()
        application, how = build_application(service, entrance, log), settings(LIMITS)
        config = uvicorn.Config(application, ssl_certfile=options.certificate, ssl_keyfile=options.key, **how)
        server = StoppingServer(config)
        with asyncio.Runner(loop_factory=lambda: HandshakeLoop(LIMITS.head_s)) as runner:
            runner.run(server.serve(sockets=[bound]))
        server.pass_on()


def _refuse_certificate(options: ServeOptions) -> None:
    """Raise InputError for a certificate that cannot be used, before an index is opened, which may take long."""
    if options.certificate is None or options.key is None:
        return
    for option, file in (("--certificate", options.certificate), ("--key", options.key)):
        try:
            file.open("rb").close()
        except OSError as error:
            raise InputError(f"{option} {file}: cannot be read ({error.strerror}): name a PEM file") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(options.certificate, options.key, _no_password)
    except (ssl.SSLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"--certificate {options.certificate} --key {options.key}: do not serve together ({reason}): give PEM files "
            "of one certificate, the key without a password"
        ) from error


def _no_password() -> str:
    raise ValueError("the key has a password")


def _own_name() -> str:
    """Return who runs this, by number where the machine knows no name for him, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the latter from Python 3.13 on
        return str(os.getuid())


def _desks(options: ServeOptions, current: Current) -> LabelDesks | None:
    if options.labels is None:
        return None
    return LabelDesks(options.labels, current, LIMITS, budget=options.budget)


def _groups(options: ServeOptions) -> GroupDesk | None:
    if options.groups is None:
        return None
    return GroupDesk(GroupSources(options.groups, options.group_scores, options.decisions), LIMITS)


def _review(options: ServeOptions, current: Current) -> ReviewDesk | None:
    if options.scores is None or options.labels is None:
        return None
    return ReviewDesk(ReviewSources(options.scores, options.previous_scores, options.labels), current, LIMITS)


def _listening(options: ServeOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise InputError(
            f"--host {options.host} --port {options.port}: cannot be listened at ({reason}): give another"
        ) from error


def settings(limits: Limits) -> dict[str, Any]:
    """Return how uvicorn is to speak HTTP."""
    return {
        "http": bounded(limits),
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,  # nothing is believed that a request says of its way
        "server_header": False,
        "h11_max_incomplete_event_size": limits.header_bytes,
        "timeout_graceful_shutdown": ANSWERS_S,
    }


def _told(service: Service) -> str:
    served = service.current.opened
    model = "without a model" if served.model is None else f"with model {served.model.fingerprint}"
    return f"{served.session.name}: {len(served.index.catalog):,} products ({', '.join(served.index.views)}), {model}"


def _log_to_stderr() -> None:
    """Let what the server reports of itself be seen: versions that it takes up, and what goes wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("heroic.serve", logging.INFO), ("uvicorn.error", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addHandler(handler)
        logger.propagate = False
