"""One module per training stage: the three encoders, then their fusion."""
