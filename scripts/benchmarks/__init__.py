"""Benchmarks measure quality, speed and memory; each runs as `python -m scripts.benchmarks.NAME`."""
