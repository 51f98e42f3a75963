"""The kept neighbours of every view are brought up to date: by tiles of dense rows, or by asking indexes."""
