"""Floor 2: what this machine says. The only place that starts other programs.

- run: starting them: with a time limit, in the C locale, never through a shell
- postconf: Postfix's parameters; journal: systemd's journal, in its export format
- installed: where this system keeps its mail log; machine: how it is called

Knows nothing of lines or sources; a journal is handed on as a stream of bytes.
"""
