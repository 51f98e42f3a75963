"""A server is timed over sockets against the raw calls: `python -m scripts.benchmarks.serving INDEX [--model MODEL]`."""
