"""How did the tables come to be as they are? In these steps."""
