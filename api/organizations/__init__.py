"""Who holds events?"""
