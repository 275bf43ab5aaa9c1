"""Who helps in which shift? Signing up, with an account or without, taking it back, and the lists of those who come."""
