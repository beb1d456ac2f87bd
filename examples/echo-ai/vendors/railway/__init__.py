"""Railway."""
