"""How are the words and switches read that were typed?"""
