"""What happens, in order, for each word that people type? One file a word."""
