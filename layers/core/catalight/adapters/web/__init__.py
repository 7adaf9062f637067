"""HTTP to untrusted hosts: egress policy, downloads and webhook deliveries."""
