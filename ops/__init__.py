"""Deploy the stack: what does each part of a deployment answer? See docs/decisions/ and the module docstrings."""
