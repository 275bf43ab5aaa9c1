"""What is in a new database? The administrator everywhere; in development, something to look at, or a crowd."""
