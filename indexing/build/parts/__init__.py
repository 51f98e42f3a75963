"""A build in parts: views are encoded wherever there are workers, and what kills these is found."""
