"""A picture encoder learns from pictures that this room decodes, augments and batches."""
