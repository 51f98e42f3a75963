"""Measurements, as `python -m scripts.benchmarks.NAME`: quality, speed and memory."""
