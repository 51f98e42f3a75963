"""The loop is how any encoder learns: epochs with early stopping, a schedule, checkpoints and a card."""
