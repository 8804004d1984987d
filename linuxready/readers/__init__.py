"""Readers: one module a source. `read(host)` reads, `parse_…(text)` parses; what cannot be read is raised."""
