"""Options of a build, given flat: for tests whose cases vary one or two of them, of whichever stage."""

from dataclasses import fields

from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.join.options import JoiningOptions


def build_options(**given):
    """Return BuildOptions whose encoding and joining have those of `given` that are theirs."""
    encoding, joining = (
        {field.name: given.pop(field.name) for field in fields(kind) if field.name in given}
        for kind in (EncodingOptions, JoiningOptions)
    )
    return BuildOptions(**given, encoding=EncodingOptions(**encoding), joining=JoiningOptions(**joining))


def changed(options, **given):
    """Return the options with those of `given` in the place of their own."""
    flat = {**vars(options), **vars(options.encoding), **vars(options.joining), **given}
    del flat["encoding"], flat["joining"]
    return build_options(**flat)
