"""How does the API reach PostgreSQL? Through one pool, with public reads in batches, once its SQL fits the schema."""
