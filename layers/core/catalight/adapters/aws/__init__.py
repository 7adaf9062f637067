"""AWS: its clients, S3, SQS, Secrets Manager, and the records that SQS hands to a function."""
