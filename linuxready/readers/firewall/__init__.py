"""Packet filters: what they have loaded and what their files will load, as one typed ruleset."""
