"""AWS clients, S3, SQS, Secrets Manager, and the handling of SQS records."""
