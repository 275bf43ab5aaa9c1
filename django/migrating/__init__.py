"""How does the schema change while the release before still runs?"""
