"""Floor 1: stamp, host, tag and process id of a log line in every wrapping, and the year. Knows nothing of Postfix."""
