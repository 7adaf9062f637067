"""What `make deploy-check` finds in a VPC, a KMS key and a certificate, against moto."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.deploy_checks import encryption, links, network
from local.deploy_checks.deployment import Clients, Deployment, ProblemError
from local.runner import aws

ROOT = f"arn:aws:iam::{aws.ACCOUNT}:root"
LOGS = f"logs.{aws.REGION}.amazonaws.com"
DOMAIN = "images.shop.example"


@pytest.fixture(scope="module")
def clients(aws_endpoint: str) -> Clients:
    return cache(lambda service, region_name=None: aws.client(service, aws_endpoint))


@pytest.fixture
def found(clients: Clients) -> Callable[..., str]:
    """Return what a check finds."""
    return lambda check, **given: check(Deployment("catalight-dev", "", "", given, clients))


@pytest.fixture(scope="module")
def ec2(clients: Clients) -> Any:
    return clients("ec2")


@pytest.fixture
def vpc(ec2: Any) -> str:
    found: str = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    return found


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    found: str = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24", AvailabilityZone="us-east-1a")[
        "Subnet"
    ]["SubnetId"]
    return found


@pytest.fixture
def group(ec2: Any, vpc: str) -> str:
    found: str = ec2.create_security_group(VpcId=vpc, GroupName="catalight", Description="-")["GroupId"]
    return found


def add_route(ec2: Any, vpc: str, **target: str) -> None:
    [table] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", **target)


def add_nat(ec2: Any, subnet: str, **options: str) -> str:
    if not options:
        options = {"AllocationId": ec2.allocate_address(Domain="vpc")["AllocationId"]}
    found: str = ec2.create_nat_gateway(SubnetId=subnet, **options)["NatGateway"]["NatGatewayId"]
    return found


def test_private_subnets_with_a_nat_gateway_pass(
    found: Callable[..., str], ec2: Any, vpc: str, subnet: str, group: str
) -> None:
    add_route(ec2, vpc, NatGatewayId=(nat := add_nat(ec2, subnet)))
    in_vpc = {"SubnetIds": subnet, "SecurityGroupIds": group}
    assert found(network.network, **in_vpc) == (
        f"{vpc}, out by {nat}, without a gateway endpoint for S3 (which is free, unlike the NAT gateway), "
        "in one zone only"
    )
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway")
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.2.0/24", AvailabilityZone="us-east-1b")["Subnet"]
    in_vpc["SubnetIds"] += f",{other['SubnetId']}"
    assert found(network.network, **in_vpc) == f"{vpc}, out by {nat}"


def test_a_subnet_without_a_way_out_is_named(
    found: Callable[..., str], ec2: Any, vpc: str, subnet: str, group: str
) -> None:
    with pytest.raises(ProblemError, match=f"{subnet} has no route to the internet"):
        found(network.network, SubnetIds=subnet, SecurityGroupIds=group)
    add_route(ec2, vpc, NatGatewayId=add_nat(ec2, subnet))
    found(network.network, SubnetIds=subnet, SecurityGroupIds=group)
    own = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=own, SubnetId=subnet)
    with pytest.raises(ProblemError, match=f"{subnet} has no route to the internet"):
        found(network.network, SubnetIds=subnet, SecurityGroupIds=group)


def test_a_public_subnet_is_no_way_out(
    found: Callable[..., str], ec2: Any, vpc: str, subnet: str, group: str
) -> None:
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    add_route(ec2, vpc, GatewayId=gateway)
    with pytest.raises(
        ProblemError, match="leads to an internet gateway, but functions have no public address"
    ):
        found(network.network, SubnetIds=subnet, SecurityGroupIds=group)


def test_a_private_nat_gateway_is_no_way_out(
    found: Callable[..., str], ec2: Any, vpc: str, subnet: str, group: str
) -> None:
    add_route(ec2, vpc, NatGatewayId=add_nat(ec2, subnet, ConnectivityType="private"))
    with pytest.raises(ProblemError, match="is private: it leads to no public address"):
        found(network.network, SubnetIds=subnet, SecurityGroupIds=group)


def test_a_way_that_cannot_be_followed_is_said(
    found: Callable[..., str], ec2: Any, vpc: str, subnet: str, group: str
) -> None:
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    add_route(ec2, vpc, TransitGatewayId=gateway)
    text = found(network.network, SubnetIds=subnet, SecurityGroupIds=group)
    assert f"out by {gateway}, which cannot be followed from here" in text


def test_security_groups_must_let_out_what_functions_call(
    found: Callable[..., str], ec2: Any, vpc: str, subnet: str, group: str
) -> None:
    add_route(ec2, vpc, NatGatewayId=add_nat(ec2, subnet))
    [rules] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rules["IpPermissionsEgress"])
    https = {"IpProtocol": "tcp", "FromPort": 440, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[https, http])
    with pytest.raises(ProblemError, match=r"let nothing out to 0\.0\.0\.0/0 at TCP port 80, 8080"):
        found(network.network, SubnetIds=subnet, SecurityGroupIds=group, FetchPorts="8080")
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[everything])
    found(network.network, SubnetIds=subnet, SecurityGroupIds=group, FetchPorts="8080")


def test_subnets_and_groups_must_be_of_one_vpc(found: Callable[..., str], ec2: Any, group: str) -> None:
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    elsewhere = ec2.describe_subnets(Filters=default)["Subnets"][0]["SubnetId"]
    with pytest.raises(ProblemError, match="are of several VPCs"):
        found(network.network, SubnetIds=elsewhere, SecurityGroupIds=group)


def allow(
    principal: Mapping[str, str] | str, *actions: str, effect: str = "Allow", **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": list(actions), "Resource": "*"} | more


DELEGATED = allow({"AWS": ROOT}, "kms:*")
FOR_SERVICES = [
    allow({"Service": LOGS}, "kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
    allow({"Service": "s3.amazonaws.com"}, "kms:GenerateDataKey", "kms:Decrypt"),
    allow({"Service": "cloudwatch.amazonaws.com"}, "kms:Decrypt", "kms:GenerateDataKey*"),
]
FOR_LINKS = allow({"Service": "cloudfront.amazonaws.com"}, "kms:Decrypt", Condition={"StringLike": {}})


@pytest.fixture
def key(clients: Clients) -> Callable[..., str]:
    """Make a KMS key with the statements of a policy."""

    def key(*statements: dict[str, Any], **options: str) -> str:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        arn: str = clients("kms").create_key(Policy=policy, **options)["KeyMetadata"]["Arn"]
        return arn

    return key


def test_a_key_whose_policy_allows_all_who_use_it_passes(
    found: Callable[..., str], key: Callable[..., str]
) -> None:
    arn = key(DELEGATED, *FOR_SERVICES)
    text = "enabled, and its policy allows the services and the roles"
    assert found(encryption.key, KmsKeyArn=arn) == text
    arn = key(DELEGATED, *FOR_SERVICES, FOR_LINKS)
    assert found(encryption.key, KmsKeyArn=arn, LinkDomain=DOMAIN) == f"{text}; its conditions were not tried"
    found(encryption.key, KmsKeyArn=key(DELEGATED, *FOR_SERVICES[:2]), AlarmTopicArn="arn:aws:sns:…:own")


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (FOR_SERVICES, f"does not allow the IAM policies of account {aws.ACCOUNT}: kms:Decrypt, kms:Gen"),
        (
            [allow({"AWS": f"arn:aws:iam::{aws.ACCOUNT}:role/admin"}, "kms:*"), *FOR_SERVICES],
            "the IAM policies",
        ),
        ([DELEGATED], f"does not allow {LOGS}: kms:Encrypt, kms:Decrypt"),
        ([DELEGATED, *FOR_SERVICES[1:]], f"does not allow {LOGS}"),
        ([DELEGATED, FOR_SERVICES[0], FOR_SERVICES[2]], "does not allow s3.amazonaws.com"),
        ([DELEGATED, *FOR_SERVICES[:2]], "does not allow cloudwatch.amazonaws.com"),
        ([DELEGATED, *FOR_SERVICES], "does not allow cloudfront.amazonaws.com: kms:Decrypt"),
        ([DELEGATED, *FOR_SERVICES, FOR_LINKS, allow("*", "kms:Decrypt", effect="Deny")], "does not allow"),
    ],
)
def test_whom_the_keys_policy_shuts_out_is_said(
    found: Callable[..., str], key: Callable[..., str], statements: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(ProblemError, match=said):
        found(encryption.key, KmsKeyArn=key(*statements), LinkDomain=DOMAIN)


def test_a_key_that_cannot_be_used_is_said(
    found: Callable[..., str], key: Callable[..., str], clients: Clients
) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        found(encryption.key, KmsKeyArn=f"arn:aws:kms:{aws.REGION}:{aws.ACCOUNT}:key/none")
    with pytest.raises(ProblemError, match="is not of the region us-east-1"):
        found(encryption.key, KmsKeyArn=f"arn:aws:kms:eu-central-1:{aws.ACCOUNT}:key/none")
    with pytest.raises(ProblemError, match="RSA_2048; the services need a symmetric key"):
        found(encryption.key, KmsKeyArn=key(DELEGATED, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"))
    clients("kms").disable_key(KeyId=(arn := key(DELEGATED)).rpartition("/")[2])
    with pytest.raises(ProblemError, match="is Disabled"):
        found(encryption.key, KmsKeyArn=arn)


def test_a_policy_that_may_not_be_read_is_said_to_be_unknown(
    found: Callable[..., str], key: Callable[..., str], clients: Clients
) -> None:
    arn = key(DELEGATED)
    metadata = {"KeyId": arn, "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT"}
    with Stubber(clients("kms")) as kms:
        kms.add_response("describe_key", {"KeyMetadata": metadata})
        kms.add_client_error("get_key_policy", "AccessDeniedException")
        assert found(encryption.key, KmsKeyArn=arn).startswith("enabled; you may not read its policy")


@pytest.fixture
def certificate(clients: Clients) -> Callable[..., str]:
    """Import a certificate of its own for some names; it is valid at once."""

    def certificate(*names: str) -> str:
        private = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        today = datetime.now(UTC)
        signed = (
            x509.CertificateBuilder(subject, subject, private.public_key(), 1, today, today + timedelta(30))
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .sign(private, hashes.SHA256())
        )
        plain = serialization.NoEncryption()
        key = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        pem = signed.public_bytes(serialization.Encoding.PEM)
        arn: str = clients("acm").import_certificate(Certificate=pem, PrivateKey=key)["CertificateArn"]
        return arn

    return certificate


@pytest.mark.parametrize("names", [(DOMAIN,), ("shop.example", "*.shop.example"), (DOMAIN.upper(),)])
def test_a_certificate_of_the_domain_passes(
    found: Callable[..., str], certificate: Callable[..., str], names: tuple[str, ...]
) -> None:
    arn = certificate(*names)
    text = found(links.certificate, LinkDomain=DOMAIN, LinkCertificateArn=arn)
    assert text.startswith(f"issued for {DOMAIN}, until ")


@pytest.mark.parametrize("names", [("shop.example",), ("*.example",), ("*.images.shop.example",)])
def test_a_certificate_of_other_names_is_refused(
    found: Callable[..., str], certificate: Callable[..., str], names: tuple[str, ...]
) -> None:
    arn = certificate(*names)
    with pytest.raises(ProblemError, match=f", not for {DOMAIN}"):
        found(links.certificate, LinkDomain=DOMAIN, LinkCertificateArn=arn)


def test_a_certificate_that_cannot_be_used_yet_is_said(found: Callable[..., str], clients: Clients) -> None:
    arn = clients("acm").request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    with pytest.raises(ProblemError, match=f"it waits for its validation: _.*{DOMAIN}.* CNAME _"):
        found(links.certificate, LinkDomain=DOMAIN, LinkCertificateArn=arn)
    elsewhere = arn.replace("us-east-1", "eu-central-1")
    with pytest.raises(ProblemError, match="is not of us-east-1"):
        found(links.certificate, LinkDomain=DOMAIN, LinkCertificateArn=elsewhere)
    with pytest.raises(ProblemError, match="LinkDomain needs LinkCertificateArn"):
        found(links.certificate, LinkDomain=DOMAIN)
    assert found(links.certificate) == "links lead to the API, or to LinkBaseUrl"
