"""Floor 0: every sentence that a person reads, by language, as data (docs/languages.md)."""
