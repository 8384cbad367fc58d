"""One module a training stage: the three encoders, then their fusion."""
