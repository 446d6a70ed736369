"""Floor 5: from what was gathered to findings, as an experienced postmaster would judge (docs/triage.md).

One module a judgement in ``judgements/``. It knows nothing of formats and files.
"""
