"""What the machine offers: memory, threads, devices; and how long work says how far it is."""
