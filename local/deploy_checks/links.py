"""The certificate of the image links."""

from local.deploy_checks.deployment import Deployment, ProblemError

CLOUDFRONT = "us-east-1"  # docs.aws.amazon.com/acm/latest/userguide/acm-services.html


def certificate(deployment: Deployment) -> str:
    """Return what the links have; raise ProblemError if CloudFront cannot serve LinkDomain with it."""
    domain, arn = deployment.value("LinkDomain"), deployment.value("LinkCertificateArn")
    if not domain:
        return "links lead to the API, or to LinkBaseUrl"
    if not arn:
        raise ProblemError("LinkDomain needs LinkCertificateArn")
    if arn.split(":")[3:4] != [CLOUDFRONT]:
        raise ProblemError(f"{arn} is not of {CLOUDFRONT}, where CloudFront's certificates must be")
    acm = deployment.client("acm", region_name=CLOUDFRONT)
    found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    if found["Status"] == "PENDING_VALIDATION":
        records = (one.get("ResourceRecord") for one in found["DomainValidationOptions"])
        wanted = ", ".join(f"{one['Name']} {one['Type']} {one['Value']}" for one in records if one)
        raise ProblemError(f"it waits for its validation: {wanted or 'see its e-mails'}")
    if found["Status"] != "ISSUED":
        raise ProblemError(f"it is {found['Status']}")
    names = [found["DomainName"], *found.get("SubjectAlternativeNames", [])]
    if not any(_covers(name.lower(), domain.lower()) for name in names):
        raise ProblemError(f"it is for {', '.join(sorted(set(names)))}, not for {domain}")
    return f"issued for {domain}, until {found['NotAfter']:%d %B %Y}"


def _covers(name: str, domain: str) -> bool:
    """Return whether a name of a certificate is the domain. Its first label may be * for any one."""
    return name == domain or (name.startswith("*.") and name[2:] == domain.partition(".")[2])
