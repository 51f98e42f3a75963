"""Where labels are scarce a reranker is trained on all of them and judged out of fold, or, without any, on what a catalogue says of
its own candidates."""
