"""`heroic serve` opens an index to browsers and programs, to those of this machine unless told otherwise."""

from pathlib import Path

import click

from scripts.commands.publishing_options import URI, address_at, server_options
from scripts.terminal.option_types import STORED

EXTRA = "heroic serve needs more packages: pip install 'heroic[serve]'"


@click.command(name="serve")
@click.argument("index", type=STORED)
@click.option("--model", type=STORED, help="Adds probabilities, scores of pairs and reasons.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="The label store that pairs are labelled into; made where there is none.",
)
@click.option(
    "--budget", default=500, show_default=True, type=click.IntRange(min=1), help="Pairs labelled in all, by everybody."
)
@click.option("--groups", type=click.Path(path_type=Path), help="Groups that heroic groups made, to look at.")
@click.option(
    "--group-scores",
    type=click.Path(path_type=Path),
    help="The scores that --groups were made of: adds links, of which the weakest is marked.",
)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path),
    help="The file that splits, merges and locks of --groups are kept in; made where there is none.",
)
@click.option(
    "--scores",
    type=click.Path(path_type=Path),
    help="Scored pairs to review, nearest to a threshold first, or a folder whose newest are; needs --labels.",
)
@click.option(
    "--previous-scores",
    type=click.Path(path_type=Path),
    help="Scores of before: pairs that they lack are shown as new.",
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path),
    help="A folder of evaluation reports (heroic evaluate) to show and compare.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--tokens", type=click.Path(path_type=Path), help="A file of tokens (heroic serve-token) that let others in."
)
@click.option("--certificate", type=click.Path(path_type=Path), help="A TLS certificate (PEM): browsers come by https.")
@click.option("--key", type=click.Path(path_type=Path), help="The certificate's key (PEM).")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front of it speaks https.")
@click.option("--allow-host", "allow_hosts", multiple=True, help="A name that browsers call it by; may be given again.")
@click.option(
    "--picture-host", "picture_hosts", multiple=True, help="A host that pictures are fetched from; may be given again."
)
@click.option(
    "--access-log", type=click.Path(path_type=Path), help="A file of a JSON line a request; - for standard output."
)
@click.option("--at", "uri", metavar=URI, help="Search the index where it was published (heroic publish).")
@server_options
def command(
    index: Path,
    model: Path | None,
    labels: Path | None,
    budget: int,
    groups: Path | None,
    group_scores: Path | None,
    decisions: Path | None,
    scores: Path | None,
    previous_scores: Path | None,
    reports: Path | None,
    host: str,
    port: int,
    tokens: Path | None,
    certificate: Path | None,
    key: Path | None,
    behind_proxy: bool,
    allow_hosts: tuple[str, ...],
    picture_hosts: tuple[str, ...],
    access_log: Path | None,
    uri: str | None,
    name: str,
    token_file: Path | None,
) -> None:
    """Serve INDEX over HTTP: a page for people, /api/v1 for programs.

    It listens to this machine alone, and prints a link that lets one browser in. Others come with tokens, by https. A newer
    version of the index or the model that is put in its place is served without a pause.
    """
    from indexing.errors import InputError

    try:
        from scripts.serve.options import ServeOptions
        from scripts.serve.server import serve
    except ModuleNotFoundError as error:
        raise InputError(f"{EXTRA} ({error.name} is missing)") from error
    options = ServeOptions(
        index,
        model,
        labels,
        budget,
        host,
        port,
        tokens,
        certificate,
        key,
        behind_proxy,
        allow_hosts,
        picture_hosts,
        access_log,
        groups=groups,
        group_scores=group_scores,
        decisions=decisions,
        scores=scores,
        previous_scores=previous_scores,
        reports=reports,
        at=address_at(uri, name, token_file, "--at"),
    )
    serve(options, click.echo)
