"""Runs template.yaml on one machine: moto for AWS, a real mongod, worker processes for Lambda."""
