"""What does staff see and edit?"""
