"""Floor 3: what a refusal means. ``packs/*.toml`` hold the knowledge, the modules here match it (docs/rules.md)."""
