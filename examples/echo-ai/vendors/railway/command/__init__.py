"""The `railway` command. Only Python's own library: it has to start quickly."""
