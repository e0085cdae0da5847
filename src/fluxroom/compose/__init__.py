"""Pictures made from words alone: land, water and sky computed, then finished by the operators like any photo."""
