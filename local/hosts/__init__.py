"""The outside world of a local system: a server of images and a receiver of webhooks."""
