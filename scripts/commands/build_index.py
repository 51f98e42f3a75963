"""`heroic build-index` makes an index folder from catalogue files."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.terminal.option_types import SEED, cluster_option, keep_option, kept_versions
from scripts.terminal.reading import passed_over, schema_option, warn

if TYPE_CHECKING:
    from indexing.build.build_index import Built
    from indexing.storage.stored_versions import Copied

CATEGORY_LEVEL = 3  # which goes without saying
FIELDS = "title,brand,attributes,description"


@click.command(name="build-index")
@click.argument("products", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The index folder, also in a store (s3://…)."
)
@keep_option("--out")
@schema_option("Which column means what: by names, by an export's own schema, or a file.")
@click.option(
    "--images", type=click.Path(path_type=Path), help="Folder of relative pictures [default: the files' own]."
)
@click.option(
    "--text-encoder",
    default="lsa",
    show_default=True,
    metavar="lsa|st:MODEL|static:MODEL|clip-text:MODEL|column:NAME|none",
    help="MODEL: a sentence-transformers model of the hub, or a folder.",
)
@click.option(
    "--image-encoder",
    default="auto",
    metavar="patches|thumbnail|clip:MODEL/TAG|clip:FOLDER|column:NAME|none",
    help="[default: the contest's vectors for its schema, patches where there are pictures, else none]",
)
@click.option(
    "--image-points",
    default=0,
    show_default=True,
    metavar="N",
    help="Keep so many points of each main picture, by which pairs are compared; 128 is a good number (extra points).",
)
@click.option("--text-fields", default=FIELDS, show_default=True, help="What the text and lexical views read.")
@click.option(
    "--text-template",
    metavar="TEMPLATE",
    help="What st and static read, such as '{title} {brand} {attributes.Color} "
    "{description:200}' (characters) [default: the text fields].",
)
@click.option("--text-cap", type=int, help="Characters read of each field [default: all, of a description 500].")
@click.option("--max-tokens", type=int, help="That st reads of a text [default: the model's own].")
@click.option("--model-revision", metavar="COMMIT", help="Of a model of the hub [default: its newest].")
@click.option("--trust-remote-code", is_flag=True, help="Run the code that a model of the hub brings.")
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    metavar="auto|fp32|bf16|int8",
    help="Of models; auto is the fastest here whose vectors are those of fp32.",
)
@click.option("--text-weight", default=0.5, show_default=True, help="Of the text in the fused vector, 0 to 1.")
@click.option("--lexical/--no-lexical", default=True, show_default=True, help="The view over rare character n-grams.")
@click.option("--index", default="auto", show_default=True, metavar="auto|FACTORY", help="A FAISS factory string.")
@click.option(
    "--for",
    "purpose",
    default="join",
    show_default=True,
    type=click.Choice(["join", "queries"]),
    help="What --index auto chooses for: neighbours of all products at once, or queries one at a time.",
)
@click.option(
    "--join",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "exact", "lists", "category", "engine"]),
    help="How the kept neighbours are found: all against all, through near lists, exactly within a category and "
    "through near lists between them, or by the engine of --index.",
)
@click.option(
    "--memory", default="auto", show_default=True, metavar="auto|8G", help="What indexing and joining may take."
)
@click.option(
    "--recall",
    default=0.95,
    show_default=True,
    help="Of the neighbours by exact search, that an approximate index finds.",
)
@click.option("--float16", is_flag=True, help="On a GPU, store vectors in half the memory.")
@click.option("--dry-run", is_flag=True, help="Print what would be built and what it takes, and end.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@cluster_option("Where views are encoded and joined")
@click.option("--match-across-sources", is_flag=True, help="Look for neighbours among other sources only.")
@click.option("-k", default=50, show_default=True, help="Neighbours kept of each product, in each view.")
@click.option(
    "--category-level",
    type=int,
    metavar="1|2|3|4",
    help="Which level of categories is evaluated and joined within, the top being 1 [default: 3, for paths by size].",
)
@click.option(
    "--max-rejects",
    default=0.01,
    show_default=True,
    help="Largest share of rows with a malformed cell, or set aside; unless another is given, also three rows, fewer than half; 1 goes on without pictures too.",
)
@click.option("--seed", default=0, show_default=True, type=SEED)
@click.option("--overwrite", is_flag=True, help="Replace whatever index is there, also one that a model made.")
@click.option("--resume", is_flag=True, help="Go on with what is there; refuse if any vectors were made otherwise.")
@click.option("--extend", is_flag=True, help="Encode only products that are new or changed since the index there.")
def command(
    products: tuple[Path, ...],
    out: Path,
    keep: int | None,
    schema: str,
    images: Path | None,
    text_encoder: str,
    image_encoder: str,
    image_points: int,
    text_fields: str,
    text_template: str | None,
    text_cap: int | None,
    max_tokens: int | None,
    model_revision: str | None,
    trust_remote_code: bool,
    precision: str,
    text_weight: float,
    lexical: bool,
    index: str,
    purpose: str,
    join: str,
    memory: str,
    recall: float,
    float16: bool,
    dry_run: bool,
    device: str,
    cluster: str | None,
    task_timeout: float | None,
    match_across_sources: bool,
    k: int,
    category_level: int | None,
    max_rejects: float,
    seed: int,
    overwrite: bool,
    resume: bool,
    extend: bool,
) -> None:
    """Build an index of PRODUCTS (parquet, CSV or JSONL files, or folders of them; none where the schema names them).

    Run again over the same catalogue, it reuses the vectors that still fit; killed, it goes on where it was. Vectors
    that a model made are replaced with --overwrite only. With --extend, an encoder that was fitted to the older catalogue
    (lsa, static) stays as it is. An index in a store is its newest version there; what is built is sent as the next one.
    """
    from indexing.build.build_index import build_index
    from indexing.build.build_plan import plan_build
    from indexing.build.options import BuildOptions
    from indexing.encoders.options import EncodingOptions
    from indexing.join.options import JoiningOptions
    from indexing.running.choice import chosen_runner, refuse_cluster
    from indexing.search.device import choose_device
    from indexing.storage.stores import place_in_store
    from scripts.terminal.missing_pictures import going_on_without_pictures
    from scripts.terminal.progress import shown

    refuse_cluster(cluster, limit_s=task_timeout)
    url = place_in_store(out)
    versions = kept_versions(keep, out, "--out ")
    options = BuildOptions(
        schema=schema,
        images=images,
        encoding=EncodingOptions(
            text_encoder=text_encoder,
            image_encoder=image_encoder,
            image_points=image_points,
            text_fields=tuple(field.strip() for field in text_fields.split(",") if field.strip()),
            text_template=text_template,
            text_cap=text_cap,
            model_revision=model_revision,
            trust_remote_code=trust_remote_code,
            max_tokens=max_tokens,
            precision=precision,
        ),
        joining=JoiningOptions(index=index, join=join, purpose=purpose, memory=memory, recall=recall, float16=float16),
        text_weight=text_weight,
        lexical=lexical,
        device=device,
        match_across_sources=match_across_sources,
        k=k,
        category_level=category_level,
        max_rejects=max_rejects,
        overwrite=overwrite,
        resume=resume,
        extend=extend,
        seed=seed,
    )
    for plan in plan_build(products, options, choose_device(options.device)):
        click.echo(f"plan {plan.line()}", err=not dry_run)
    if dry_run:
        return

    def build(most: float) -> "tuple[Built, Copied | None]":
        with shown() as progress, chosen_runner(cluster, limit_s=task_timeout) as runner:
            asked = replace(options, max_rejects=most)
            if url is None:
                return build_index(products, out, options=asked, progress=progress, runner=runner), None
            from indexing.stored_index import build_stored_index

            done = build_stored_index(products, url, options=asked, keep=versions, progress=progress, runner=runner)
            return done.built, done.copied

    built, copied = going_on_without_pictures(build, max_rejects)
    _print(built, url or str(out), copied)


def _how(view: str, built: "Built") -> str:
    """Say what was encoded of a view, where it was not simply all, and how near to fp32."""
    made = built.index.made
    agreed = made.encoders[view].notes.agreement
    near = "" if agreed is None else f", {agreed.engine} (cosine to fp32 {agreed.mean:.4f})"
    if view in built.reused:
        return f"{near}, reused"
    looked, products = built.looked_at.get(view, 0), made.catalog.products
    if looked == products:
        return near
    return f"{near}, {looked:,} encoded: the others of {products:,} repeat one or were known"


def _print_categories(built: "Built") -> None:
    """Say which level of the categories is evaluated, where it is not the usual one or nothing has it."""
    catalog = built.index.catalog
    level = catalog.category_level
    names, lacking = catalog.category(), catalog.category().null_count
    some = any(catalog.category(other).null_count < len(catalog) for other in (1, 2, 3, 4))
    if some and (level != CATEGORY_LEVEL or lacking == len(catalog)):
        count = len(names.unique().drop_null())
        click.echo(
            f"categories: {count:,} of level {level} are evaluated and joined within, {lacking:,} products have none there "
            "(--category-level)"
        )


def _print(built: "Built", place: str, copied: "Copied | None") -> None:
    from indexing.catalog.missing_pictures import missing_pictures
    from indexing.storage.stores import without_secrets
    from scripts.terminal.engine_text import describe_engine
    from scripts.terminal.set_aside import set_aside_lines

    warn(built.notes)
    made = built.index.made
    number = "" if copied is None else f", version {copied.number} of the store"
    click.echo(f"index: {without_secrets(place)} ({built.index.fingerprint}){number}")
    click.echo(f"products: {made.catalog.products:,} ({made.catalog.schema} schema)")
    passed_over(built.passed_over)
    if made.catalog.unread:
        names = ", ".join(made.catalog.unread)
        click.echo(f"not read: {names} (vectors, bytes or objects; column:NAME reads a column of vectors)")
    _print_categories(built)
    for view, encoder in made.encoders.items():
        click.echo(f"{view}: {encoder.spec}, {encoder.dim} dimensions{_how(view, built)}")
    for field, products in built.cut_short.items():
        chars = made.reading.chars_of(field)
        click.echo(f"read in part: {field} of {products:,} products, {chars:,} characters each (--text-cap)")
    for view, engine in made.engines.items():
        click.echo(f"index {view}: {describe_engine(engine)}")
    across = ", among other sources only" if made.match_across_sources else ""
    kept = min(made.k, made.catalog.products - 1)
    every = ", which is everybody else" if kept < made.k else ""
    click.echo(f"views: {', '.join(made.views)}; {kept:,} neighbours of each product in each{every}{across}")
    for missing in missing_pictures(built.index.catalog, built.rejects):
        click.echo(f"pictures: {missing.line()}")
    for line in set_aside_lines(built.rejects, built.index.folder):
        click.echo(line)
    for line in () if copied is None else copied.lines():
        click.echo(line)
