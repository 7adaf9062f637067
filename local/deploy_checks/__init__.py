"""What `make deploy-check` tries before a deployment, by subject. A check changes nothing."""
