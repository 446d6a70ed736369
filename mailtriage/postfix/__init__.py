"""Floor 2: what Postfix's message texts say, a module a daemon. Knows nothing of files or causes."""
