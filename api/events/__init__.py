"""What is there to help at?"""
