"""Bytes become text: which encoding they are in, and a stream of them as UTF-8 that holds nothing else."""
