"""What is told to many at once?"""
