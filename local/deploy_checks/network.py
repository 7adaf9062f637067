"""The VPC of the functions: subnets, their routes, and what the security groups let out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from local.deploy_checks.deployment import Deployment, ProblemError

ANYWHERE = "0.0.0.0/0"
WEB_PORTS = (80, 443)
UNUSABLE = {"igw": "an internet gateway", "eigw": "an internet gateway for IPv6", "vgw": "a private gateway"}
"""What leads a function nowhere, because it has a private IPv4 address alone."""


def network(deployment: Deployment) -> str:
    """Return the VPC and its ways out; raise ProblemError for what cuts functions off from the internet."""
    subnets, groups = deployment.values("SubnetIds"), deployment.values("SecurityGroupIds")
    if not subnets:
        return "no VPC"
    if not groups:
        raise ProblemError("SubnetIds need SecurityGroupIds")
    ec2 = deployment.client("ec2")
    found = ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
    rules = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
    vpc, *others = sorted({str(one["VpcId"]) for one in (*found, *rules)})
    if others:
        raise ProblemError("SubnetIds and SecurityGroupIds are of several VPCs")
    ports = (*WEB_PORTS, *map(int, deployment.values("FetchPorts")))
    if closed := [str(port) for port in ports if not any(_let_out(group, port) for group in rules)]:
        raise ProblemError(f"SecurityGroupIds let nothing out to {ANYWHERE} at TCP port {', '.join(closed)}")
    tables = _tables(ec2, vpc)
    ways = {_way_out(ec2, one, tables.get(one, tables[""])) for one in subnets}
    return ", ".join([vpc, *sorted(ways), *_remarks(ec2, vpc, found)])


def _let_out(group: Mapping[str, Any], port: int) -> bool:
    """Return whether a rule allows TCP to this port of all addresses."""
    return any(
        (
            rule["IpProtocol"] == "-1"
            or (rule["IpProtocol"] == "tcp" and rule["FromPort"] <= port <= rule["ToPort"])
        )
        and any(one["CidrIp"] == ANYWHERE for one in rule["IpRanges"])
        for rule in group["IpPermissionsEgress"]
    )


def _tables(ec2: Any, vpc: str) -> dict[str, list[dict[str, Any]]]:
    """Return the routes of each subnet that has a table of its own; those of all others under ""."""
    tables = {}
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    for page in ec2.get_paginator("describe_route_tables").paginate(Filters=filters):
        for table in page["RouteTables"]:
            for association in table["Associations"]:
                if (
                    association.get("Main") or "SubnetId" in association
                ):  # or a gateway's, which is no subnet's
                    tables[association.get("SubnetId", "")] = table["Routes"]
    return tables


def _way_out(ec2: Any, subnet: str, routes: list[dict[str, Any]]) -> str:
    """Return where the subnet's way to the internet leads; raise ProblemError without a usable one."""
    default = next((route for route in routes if route.get("DestinationCidrBlock") == ANYWHERE), None)
    if default is None:
        raise ProblemError(
            f"{subnet} has no route to the internet, where images and webhooks are: it needs a NAT gateway"
        )
    if default["State"] != "active":
        raise ProblemError(f"the route of {subnet} to the internet is a {default['State']}")
    if gateway := default.get("NatGatewayId"):
        [nat] = ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
        if nat["State"] != "available":
            raise ProblemError(f"{gateway} is {nat['State']}")
        if nat.get("ConnectivityType", "public") != "public":
            raise ProblemError(f"{gateway} is private: it leads to no public address")
        return f"out by {gateway}"
    target = default.get("GatewayId") or default.get("EgressOnlyInternetGatewayId") or ""
    if what := UNUSABLE.get(target.partition("-")[0]):
        raise ProblemError(
            f"the route of {subnet} leads to {what}, but functions have no public address: "
            "use subnets with a NAT gateway"
        )
    ids = ("TransitGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId", "CoreNetworkArn")
    other = target or next((default[name] for name in ids if default.get(name)), "a target of its own")
    return f"out by {other}, which cannot be followed from here"


def _remarks(ec2: Any, vpc: str, subnets: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what works, but not as well as it could."""
    endpoints = _endpoints(ec2, vpc)
    for service, states in endpoints.items():
        if states != {"available"}:
            raise ProblemError(f"the endpoint for {service} in {vpc} is {', '.join(sorted(states))}")
    if "s3" not in endpoints:
        yield "without a gateway endpoint for S3 (which is free, unlike the NAT gateway)"
    if len({one["AvailabilityZone"] for one in subnets}) == 1:
        yield "in one zone only"


def _endpoints(ec2: Any, vpc: str) -> dict[str, set[str]]:
    """Return the states of the VPC's endpoints for the services that functions call, by service."""
    found = defaultdict[str, set[str]](set)
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    for page in ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=filters):
        for endpoint in page["VpcEndpoints"]:
            service = endpoint["ServiceName"].rpartition(".")[2]
            if service in ("s3", "sqs", "secretsmanager"):
                found[service].add(endpoint["State"].lower())
    return found
