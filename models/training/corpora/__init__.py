"""The trimodal corpora of the paper, read from their official layouts, and what stands in for them here."""
