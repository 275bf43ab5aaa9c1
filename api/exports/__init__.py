"""How does an organization get its people as a file?"""
