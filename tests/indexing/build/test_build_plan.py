"""What the lexical view is expected to take, beside what it holds."""

import pytest
from flat_options import build_options

from indexing.build.build_plan import BLOCK_BYTES, plan_build, plan_lexical
from indexing.build.options import BuildOptions
from indexing.build.view_plan import FIXED_BYTES, Ask
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.search.lexical_index import fit_lexical


def lexical_plan(path, **options):
    return next(
        p for p in plan_build([path], build_options(image_encoder="none", **options), "cpu") if p.view == "lexical"
    )


def test_the_plan_bounds_what_the_view_holds(read, write):
    titles = [
        f"{word} {number} {word}-{number:03d} x{number % 7}" for number in range(300) for word in ("kettle", "cable")
    ]
    rows = {"id": list(range(600)), "title": titles, "material": ["steel"] * 600}
    plan = lexical_plan(write("p.parquet", rows))
    matrix = fit_lexical(read(rows).catalog).matrix
    held = 2 * (matrix.data.nbytes + matrix.indices.nbytes)
    assert held < plan.memory - FIXED_BYTES - BLOCK_BYTES < 4 * held
    assert "lexical: rare n-grams, joined exactly; memory " in plan.line()


def test_the_fields_that_are_read_count(write):
    path = write("p.parquet", {"id": [1, 2], "title": ["kettle", "cable"], "description": ["a" * 9000, None]})
    short, long = (lexical_plan(path, text_fields=fields).memory for fields in (("title",), ("title", "description")))
    assert 200 * 16 < long - short < 1000 * 16


def test_a_view_that_does_not_fit_is_refused_with_what_would(write):
    path = write("p.parquet", {"id": [1, 2], "title": ["kettle", "cable"]})
    assert not [
        p
        for p in plan_build([path], BuildOptions(encoding=EncodingOptions(image_encoder="none"), lexical=False), "cpu")
        if p.view == "lexical"
    ]
    with pytest.raises(InputError, match=r"--memory 2.0 GiB: the lexical view of 6,000,000 products with 100 characters each "
                       r"needs 7.4 GiB: give --memory 8G, fewer --text-fields, or --no-lexical"):  # fmt: skip
        plan_lexical(6_000_000, 100, Ask(memory=2**31))
