"""How does Django reach PostgreSQL? By a backend of its own, which waits while PostgreSQL is away for a moment."""
