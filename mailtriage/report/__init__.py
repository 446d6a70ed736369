"""Floor 7: one module a format, with all escaping of hostile text for that format."""
