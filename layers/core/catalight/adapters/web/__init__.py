"""HTTP to hosts that strangers name: the egress gate, downloads and webhook calls."""
