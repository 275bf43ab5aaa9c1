"""What can a person sign up for?"""
