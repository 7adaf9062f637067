"""The life of a job: submit, run, finish, cancel, retry, delete."""
