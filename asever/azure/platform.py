"""Addresses that belong to Azure itself, and the traffic to it that no filter and no route touches."""

from __future__ import annotations

from functools import cache

from asever.model.addresses import ALL_V4, parse_address, parse_prefix
from asever.model.effective import Exemption
from asever.model.numbers import NumberSet, union
from asever.model.packets import ANY_PORT, PROTOCOLS_WITH_PORTS, TCP

# The host's virtual address: health probes, DNS, the agent. The same in every region (azure-network-semantics 3.3, 3.4).
PROBE_SOURCE = parse_address("168.63.129.16")
PROBE = NumberSet.single(PROBE_SOURCE)
# The instance metadata service (azure-network-semantics 3.4).
METADATA = NumberSet.single(parse_address("169.254.169.254"))
PLATFORM = PROBE | METADATA

# The tag `Internet` as Azure prints it: all of IPv4 minus these (azure-network-semantics 3.2, from recorded answers; newer ones
# leave out about 1 % more and hold parts of 25.0.0.0/8, by region and time: docs/azure-verdicts.md).
# For IPv6 no source says anything; global unicast is what the public Internet routes.
_NOT_INTERNET = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "25.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/3",
)
INTERNET_V4 = ALL_V4 - union(map(parse_prefix, _NOT_INTERNET))
INTERNET_V6 = parse_prefix("2000::/3")
INTERNET_BASE = INTERNET_V4 | INTERNET_V6

# Networks for documentation are never assigned (RFC 5737, RFC 3849): no service of Azure has an address there.
_DOCUMENTATION = union(map(parse_prefix, ("198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))

# Where a service tag of unknown content may lie: Azure's services have public addresses, and the tag AzureLoadBalancer is
# the only one that holds 168.63.129.16 (azure-network-semantics 3.3).
TAG_SPACE = INTERNET_BASE - PROBE - _DOCUMENTATION

# Reserved ranges that every subnet drops unless the virtual network holds them (azure-network-semantics 5.1).
RESERVED = tuple(map(parse_prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))

# What manages App Service Environments of versions 1 and 2: the tag AppServiceManagement as published in 2022-10, public,
# US Government and China (ase-network-semantics 13).
_MANAGEMENT_PUBLIC = (
    *("13.66.140.0", "13.67.8.128", "13.69.64.128", "13.69.227.128", "13.70.73.128", "13.71.170.64"),
    *("13.71.194.129", "13.75.34.192", "13.75.127.117", "13.77.50.128", "13.78.109.0", "13.89.171.0"),
    *("13.94.141.115", "13.94.143.126", "13.94.149.179", "20.36.106.128", "20.36.114.64", "20.37.74.128"),
    *("23.96.195.3", "23.102.188.65", "40.69.106.128", "40.70.146.128", "40.71.13.64", "40.74.100.64"),
    *("40.78.194.128", "40.79.130.64", "40.79.178.128", "40.83.120.64", "40.83.121.56", "40.83.125.161"),
    *("40.112.242.192", "51.107.58.192", "51.107.154.192", "51.116.58.192", "51.116.155.0", "51.120.99.0"),
    *("51.120.219.0", "51.140.146.64", "51.140.210.128", "52.151.25.45", "52.162.106.192", "52.165.152.214"),
    *("52.165.153.122", "52.165.154.193", "52.165.158.140", "52.174.22.21", "52.178.177.147", "52.178.184.149"),
    *("52.178.190.65", "52.178.195.197", "52.187.56.50", "52.187.59.251", "52.187.63.19", "52.187.63.37"),
    *("52.224.105.172", "52.225.177.153", "52.231.18.64", "52.231.146.128", "65.52.172.237", "65.52.250.128"),
    *("70.37.57.58", "104.44.129.141", "104.44.129.243", "104.44.129.255", "104.44.134.255", "104.208.54.11"),
    *("104.211.81.64", "104.211.146.128", "157.55.208.185", "191.233.50.128", "191.233.203.64", "191.236.154.88"),
)
_MANAGEMENT_US_GOVERNMENT = (
    *("13.72.53.37", "13.72.180.105", "23.97.29.209", "52.181.183.11", "52.182.93.40", "52.227.64.26"),
    *("52.227.80.100", "52.227.182.254", "52.238.74.16", "52.244.79.34"),
)
_MANAGEMENT_CHINA = (*("42.159.4.236", "42.159.80.125"),)


@cache
def app_service_management() -> NumberSet:
    """The tag of that name."""
    return union(map(parse_prefix, _MANAGEMENT_PUBLIC + _MANAGEMENT_US_GOVERNMENT + _MANAGEMENT_CHINA))


# Traffic of a machine to the platform that no NSG and no route touches (azure-network-semantics 3.4).
AGENT_EXEMPTION = Exemption(
    targets=PROBE,
    protocol=NumberSet.single(TCP),
    target_port=NumberSet.of(((80, 80), (32526, 32526))),
    because="the agent's traffic to 168.63.129.16 is exempt from NSGs and routes",
)
DNS_PORT = NumberSet.single(53)
DNS_EXEMPTION = Exemption(
    targets=PROBE,
    protocol=PROTOCOLS_WITH_PORTS,
    target_port=DNS_PORT,
    because="Azure's DNS is exempt from NSGs and routes unless a rule names AzurePlatformDNS",
)
METADATA_EXEMPTION = Exemption(
    targets=METADATA,
    protocol=NumberSet.single(TCP),
    target_port=ANY_PORT,
    because="the instance metadata service is exempt from NSGs and routes unless a rule names AzurePlatformIMDS",
)
