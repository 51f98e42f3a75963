"""Schemas are kept with an index, so that an update reads other files in the same way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from indexing.reading.schema.schema import CODES, InputSchema
from indexing.reading.schema.yaml_form import input_form, input_from
from indexing.storage.stores import without_secrets


def stored_inputs(inputs: Sequence[InputSchema]) -> tuple[dict[str, Any], ...]:
    """Return inputs as they are kept with an index, without what their URLs let in with; `inputs_from` reads them again."""
    kept = (replace(one, files=tuple(map(without_secrets, one.files))) for one in inputs)
    return tuple({**_codes_form(one), **input_form(one), **({"known": True} if one.known else {})} for one in kept)


def _codes_form(schema: InputSchema) -> dict[str, Any]:
    """Return what a schema says of codes, its own names for them too: indexes of before say nothing, and have none."""
    made = ((key, schema.expression(key)) for key in CODES)
    return {key: None if expression is None else expression.form() for key, expression in made}


def inputs_from(stored: Sequence[Mapping[str, Any]], where: str) -> tuple[InputSchema, ...]:
    """Return the inputs that an index keeps."""
    found = []
    for one in stored:
        plain = dict.fromkeys(CODES) | {key: value for key, value in one.items() if key != "known"}
        made = input_from(plain, where, lambda _: None, "generic")
        found.append(replace(made, known=bool(one.get("known"))))
    return tuple(found)
