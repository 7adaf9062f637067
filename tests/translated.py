"""template.yaml as CloudFormation receives it."""

from functools import cache

from local.runner.children import PROJECT
from local.runner.sam import to_cloudformation
from local.runner.template import Template, load

SECRETS = {
    name: f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}"
    for name in ("MongoDbUriSecretArn", "WebhookSecretArn")
}
"""Values of the parameters that have no default."""


@cache
def translated() -> Template:
    """The whole template, translated by SAM; it is cached, so do not change it."""
    return to_cloudformation(load(PROJECT / "template.yaml"), SECRETS)
