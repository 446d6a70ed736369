"""Writes fixtures/family-week.log: a family's mail server, 4 to 11 April 2026, invented but in Postfix's own words.

    python -m tools.family_week > fixtures/family-week.log

The same bytes at every run. `journal` knows how Postfix 3.7 on Debian writes (stamps, process ids, queue ids, delays),
`sessions` what one connection or delivery writes, `people` who lives here and who writes to them, `story` what
happened that week. Addresses come from the documentation and benchmark ranges; real providers' hosts keep
their names.
"""
