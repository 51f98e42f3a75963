"""This room turns products into vectors: one engine a file, named by a SPEC.

Its doors are `by_spec`, `column`, `encoder`, `lsa`, `model_source`, `options`, `pictures.clip`,
`pictures.clip_model`, `pictures.decoding`, `pictures.missed`, `pictures.patches.fitting`, `pictures.patches.model`, `pictures.patches.options`, `pictures.patience`,
`pictures.picture_encoder`, `pictures.plan`, `pictures.points.codes`, `pictures.points.model`, `pictures.shape`,
`precision`, `record`, `text.engines`, `text.sentence`, `text.static`, `text.text_encoder` and `thumbnail`.
"""
