"""The other side of the wire: a host of pictures and a receiver of webhooks."""
