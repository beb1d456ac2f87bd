"""What brings the lab up and down: its servers, its faults, its check of itself."""
