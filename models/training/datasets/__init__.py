"""Loaders of the public corpora, each yielding the seven labels of the protocol."""
