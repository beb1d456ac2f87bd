"""Stand-ins for the vendors that a test cannot reach. Each speaks its vendor's protocol and fails as it does."""
