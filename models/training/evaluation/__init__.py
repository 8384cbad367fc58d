"""Metrics: how they are computed, and the rows that contain them."""
