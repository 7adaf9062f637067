"""Which host presigned links and forms name."""

import pytest

from functions.api import services


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-central-1", "bucket.s3.eu-central-1.amazonaws.com"), ("us-east-1", "bucket.s3.amazonaws.com")],
)
def test_links_and_forms_go_to_the_bucket_in_its_region(
    region: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    s3 = services.s3.__wrapped__()
    assert s3.generate_presigned_post("bucket", "k")["url"] == f"https://{host}/"
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "k"})
    assert link.startswith(f"https://{host}/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
