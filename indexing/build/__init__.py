"""From catalogue files to an index folder: what is planned, encoded, reused and joined."""
