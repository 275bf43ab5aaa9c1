"""Who am I? The account of who is signed in."""
