"""Floor 2: where bytes come from.

In come the names a person gave (files, directories, patterns, ``-``) or nothing at all; out come sources, in order of
time and each only once, and from each source blocks of whole lines. Knows nothing of what a line means, and starts no
program (that is mailtriage.system; what it brings, such as the journal, is handed in as a stream of bytes).

- interface: the nouns that pass between this room and the floors above
- opening: names -> sources; reading: a source -> blocks
- detect, unpack: which compression, by content, and taking it off; archive: members of a tar
- naming, overlap: rotated sets, the same log twice
- intake: standard input and other streams, kept in a spool; export: the journal's export format as lines
- follow, position: a log that grows, and where we stopped reading it
- faults: why something could not be read
- progress: how much was read so far
"""
