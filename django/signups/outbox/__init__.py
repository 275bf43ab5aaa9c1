"""How does what was promised in a transaction get done? Messages in the outbox, done by the worker, at least once."""
