"""The image codec and the sandbox that it runs in."""
