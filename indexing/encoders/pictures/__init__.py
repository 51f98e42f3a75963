"""Neural picture encoders: open_clip models, pictures decoded for them."""
