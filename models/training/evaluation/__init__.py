"""Figures: how they are computed, and the rows that they make."""
