"""How any of them learns: epochs, checkpoints, schedule, card."""
