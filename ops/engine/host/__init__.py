"""What does the engine keep on its host: state, history, journals, the lock?"""
