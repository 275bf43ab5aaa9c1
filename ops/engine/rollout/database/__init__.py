"""What is done to the data in a rollout: is the image fit for it, is it held, is it migrated?"""
