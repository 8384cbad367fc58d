"""The trimodal corpora of the paper, read from their official layouts, and their substitutes in this project."""
