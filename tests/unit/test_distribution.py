"""The distribution of CloudFront for image links: optional, and nothing weaker than links through the API."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from catalight.domain.job import links
from tests.translated import translated

TEMPLATE = translated()
PARAMETERS = TEMPLATE["Parameters"]
FOUND = {
    name: resource
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"].startswith("AWS::CloudFront::")
}
HALF_AN_HOUR = 1800
BROWSERS_KEEP_REDIRECTS = 600  # functions/api/app.py


def config(name: str) -> dict[str, Any]:
    """Return the configuration of a resource, the only property of those of CloudFront."""
    [found] = FOUND[name]["Properties"].values()
    assert isinstance(found, dict)
    return found


BEHAVIOUR = config("LinkDistribution")["DefaultCacheBehavior"]


def test_it_is_there_only_with_a_domain_and_its_certificate() -> None:
    assert len(FOUND) == 4
    assert {resource["Condition"] for resource in FOUND.values()} == {"HasLinkDomain"}
    needed = {"Fn::And": [_is_set("LinkDomain"), _is_set("LinkCertificateArn")]}
    assert TEMPLATE["Conditions"]["HasLinkDomain"] == needed
    assert PARAMETERS["LinkDomain"]["Default"] == PARAMETERS["LinkCertificateArn"]["Default"] == ""


def _is_set(parameter: str) -> Any:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}


def test_results_link_to_it() -> None:
    api = TEMPLATE["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]
    domain = {"Fn::Sub": "https://${LinkDomain}"}
    assert api["LINK_BASE_URL"] == {"Fn::If": ["HasLinkDomain", domain, {"Ref": "LinkBaseUrl"}]}
    assert config("LinkDistribution")["Aliases"] == [{"Ref": "LinkDomain"}]
    assert TEMPLATE["Outputs"]["LinkTarget"]["Value"] == {"Fn::GetAtt": ["LinkDistribution", "DomainName"]}


@pytest.mark.parametrize("name", ["t/shoe.jpg", "t/Größe-1.webp", "t/a_b.c-d.avif"])
def test_the_path_of_a_link_is_the_key_of_its_object(name: str) -> None:
    path = urlsplit(links.image_url("https://images.example.com", name)).path
    assert unquote(path).removeprefix("/") == links.image_key(name)


def test_what_is_deleted_is_gone_within_ten_minutes_at_the_edge_and_in_browsers() -> None:
    """The objects themselves say a year."""
    cache = config("LinkCachePolicy")
    assert (cache["MinTTL"], cache["DefaultTTL"], cache["MaxTTL"]) == (0, 600, 600)
    [kept] = config("LinkHeadersPolicy")["CustomHeadersConfig"]["Items"]
    browsers = f"public, max-age={BROWSERS_KEEP_REDIRECTS}"
    assert kept == {"Header": "Cache-Control", "Value": browsers, "Override": True}
    assert cache["MaxTTL"] + BROWSERS_KEEP_REDIRECTS < HALF_AN_HOUR


def test_only_the_path_of_a_request_decides_what_it_gets() -> None:
    key = config("LinkCachePolicy")["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert BEHAVIOUR["AllowedMethods"] == ["GET", "HEAD"]
    assert BEHAVIOUR.keys().isdisjoint({"OriginRequestPolicyId", "ForwardedValues"})


def test_every_request_to_the_bucket_is_signed_as_the_distributions() -> None:
    [origin] = config("LinkDistribution")["Origins"]
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["LinkAccessControl", "Id"]}
    assert origin["DomainName"] == {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}
    control = config("LinkAccessControl")
    assert (control["SigningBehavior"], control["SigningProtocol"]) == ("always", "sigv4")


def test_a_link_never_travels_in_clear_text_and_is_never_logged() -> None:
    distribution = config("LinkDistribution")
    assert BEHAVIOUR["ViewerProtocolPolicy"] == "https-only"
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert "Logging" not in distribution
    security = config("LinkHeadersPolicy")["SecurityHeadersConfig"]
    assert security["StrictTransportSecurity"]["Override"] is True
    assert security["ContentTypeOptions"] == {"Override": True}


def test_pages_that_may_read_from_the_bucket_may_read_from_the_edge() -> None:
    cors = config("LinkHeadersPolicy")["CorsConfig"]
    assert cors["AccessControlAllowOrigins"] == {"Items": {"Ref": "BucketOrigins"}}
    assert cors["AccessControlAllowCredentials"] is False


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        ("LinkDomain", "images.example.com", True),
        ("LinkDomain", "https://images.example.com", False),
        ("LinkDomain", "images.example.com/", False),
        ("LinkDomain", "example", False),
        ("LinkDomain", "*.example.com", False),
        ("LinkCertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a-1b", True),
        ("LinkCertificateArn", "arn:aws:acm:eu-central-1:123456789012:certificate/0a-1b", False),
        ("LinkWebAclArn", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/0a-1b", True),
        ("LinkWebAclArn", "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/site/0a-1b", False),
    ],
)
def test_values_that_cloudfront_would_refuse_are_refused_first(
    parameter: str, value: str, *, accepted: bool
) -> None:
    assert bool(re.search(PARAMETERS[parameter]["AllowedPattern"], value)) == accepted


def test_a_firewall_is_refused_where_it_would_protect_nothing() -> None:
    acl = {"Fn::If": ["HasLinkWebAcl", {"Ref": "LinkWebAclArn"}, {"Ref": "AWS::NoValue"}]}
    assert config("LinkDistribution")["WebACLId"] == acl
    rule = TEMPLATE["Rules"]["NoFirewallWithoutCloudFront"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "LinkDomain"}, ""]}
    assert {"Fn::Equals": [{"Ref": "LinkWebAclArn"}, ""]} in [each["Assert"] for each in rule["Assertions"]]
