"""What a program claims: checks with resolved endpoints. What a claim *covers* is `asever.azure.questions`' business."""

from __future__ import annotations

from enum import Enum

from asever.model.numbers import EMPTY, NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL
from asever.model.things import AddressTerm
from asever.record import field, record
from asever.source import Span


class EndpointKind(Enum):
    """What stands at either end of a flow."""

    ENVIRONMENT = "ase"
    MACHINE = "vm"
    SUBNET = "subnet"
    VNET = "vnet"
    ON_PREMISES = "on-premises"
    LOAD_BALANCER = "load-balancer"
    PRIVATE_ENDPOINT = "private-endpoint"
    PLATFORM_SERVICE = "platform-service"
    FIREWALL = "firewall"
    GATEWAY = "gateway"  # only after `via`
    INTERNET = "Internet"
    MANAGEMENT = "AzureManagement"
    TAG = "tag"  # a service tag by name, known or not
    ADDRESSES = "addresses"


@record
class Endpoint:
    """A resolved endpoint. `name` is the thing's full name, the tag's name, or the text of the addresses."""

    kind: EndpointKind
    name: str
    addresses: NumberSet = EMPTY  # for ADDRESSES only
    span: Span | None = field(default=None, compare=False)


@record
class Service:
    """One protocol and its ports under the name the check used (`https`, or `tcp 443` where it is written inline)."""

    name: str
    protocol: NumberSet = ANY_PROTOCOL
    port: NumberSet = ANY_PORT


ANY_SERVICE = (Service(name="every protocol and port"),)


class Verb(Enum):
    """The four reachability verbs."""

    REACHES = "reaches"
    CAN_REACH = "can reach"
    NEVER_REACHES = "never reaches"
    ONLY = "only … reaches"


@record
class Reachability:
    """`subjects` has one member except for `only`. Empty modifiers mean no constraint.

    `asked_in` is the reading (assumption, value) in which the claim is asked at all; in the other one it demands nothing.
    """

    verb: Verb
    subjects: tuple[Endpoint, ...]
    target: Endpoint
    services: tuple[Service, ...] = ANY_SERVICE
    seen_as: tuple[AddressTerm, ...] = ()
    via: tuple[Endpoint, ...] = ()
    not_via: tuple[Endpoint, ...] = ()
    within_region: bool = False
    excepted: tuple[Endpoint, ...] = ()
    asked_in: tuple[str, str] | None = None


@record
class GroupsEqual:
    """`nsg left equals nsg right`: they decide every packet alike."""

    left: str
    right: str


@record
class GroupPermitsNoMore:
    """`nsg left permits no more than nsg right`: whatever left allows, right allows."""

    left: str
    right: str


@record
class GroupHasNoDeadRules:
    """`nsg group has no dead rules`: every rule of it decides at least one packet."""

    group: str


@record
class Healthy:
    """`environment is healthy`: every check of the shipped pack for its version holds."""

    environment: str
    requirements: tuple[Check, ...]


Claim = Reachability | GroupsEqual | GroupPermitsNoMore | GroupHasNoDeadRules | Healthy


@record
class Check:
    """One check of the program. `text` is the claim in canonical spelling without the name."""

    name: str
    text: str
    claim: Claim
    expect_violated: bool = False
    span: Span | None = field(default=None, compare=False)
