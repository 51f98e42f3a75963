"""A promise of precision is to hold where scored pairs are unlike validation's, or to be taken back by a warning: this
benchmark measures whether it is. `python -m scripts.benchmarks.promise DATA...` runs it."""
