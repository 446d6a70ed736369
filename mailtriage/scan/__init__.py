"""Floor 4: the fast path. Gather once over every byte, then ask where triage needs more (docs/architecture.md).

It knows what a line means, and nothing of findings.
"""
