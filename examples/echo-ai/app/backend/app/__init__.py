"""A small Echo AI: how often do language models name a brand? Asked through experiments that a worker runs."""
