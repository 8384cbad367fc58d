"""Loaders of the public corpora. Each yields the seven labels of the protocol."""
