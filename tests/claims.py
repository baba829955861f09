"""Claims in a few words, for tests that must not depend on the parser: `claim(Verb.REACHES, the_ase("one"), INTERNET, WEB)`."""

from __future__ import annotations

from asever.model.addresses import parse_addresses
from asever.model.claims import ANY_SERVICE, Check, Claim, Endpoint, EndpointKind, Reachability, Service, Verb
from asever.model.numbers import NumberSet
from asever.model.packets import ICMP, TCP, UDP
from asever.model.program import Program
from asever.model.things import AddressTerm, Network, TermKind
from tests.networks import ports

PROTOCOLS = {"tcp": TCP, "udp": UDP, "icmp": ICMP}


def chosen_readings(**readings: str) -> dict[str, str]:
    """Readings as keywords: `private_front_ends="silent"`."""
    return {name.replace("_", "-"): value for name, value in readings.items()}


def at(kind: EndpointKind, name: str) -> Endpoint:
    return Endpoint(kind=kind, name=name)


def the_ase(name: str) -> Endpoint:
    return at(EndpointKind.ENVIRONMENT, name)


def the_vm(name: str) -> Endpoint:
    return at(EndpointKind.MACHINE, name)


def address(text: str) -> Endpoint:
    return Endpoint(kind=EndpointKind.ADDRESSES, name=text, addresses=parse_addresses(text))


INTERNET = at(EndpointKind.INTERNET, "Internet")
MANAGEMENT = at(EndpointKind.MANAGEMENT, "AzureManagement")
PROBES = at(EndpointKind.TAG, "AzureLoadBalancer")


def on(text: str) -> tuple[Service, ...]:
    """`tcp 80,443; udp 53; icmp`."""
    found = []
    for part in text.split(";"):
        protocol, _, wanted = part.strip().partition(" ")
        found.append(Service(name=part, protocol=NumberSet.single(PROTOCOLS[protocol]), port=ports(wanted or "*")))
    return tuple(found)


WEB = on("tcp 80,443")


def claim(verb: Verb, subject: Endpoint | tuple[Endpoint, ...], target: Endpoint, services=ANY_SERVICE, **more) -> Reachability:
    subjects = subject if isinstance(subject, tuple) else (subject,)
    return Reachability(verb=verb, subjects=subjects, target=target, services=services, **more)


def seen_as(text: str) -> tuple[AddressTerm, ...]:
    """The addresses of an `as`."""
    parts = [part.strip() for part in text.split(",")]
    return tuple(AddressTerm(kind=TermKind.ADDRESSES, text=part, addresses=parse_addresses(part)) for part in parts)


def program(where: Network, *claims: Claim, violated: tuple[int, ...] = ()) -> Program:
    """A program whose checks are called 1, 2, …; those in `violated` are expected to be."""
    checks = (
        Check(name=str(number), text=f"claim {number}", claim=one, expect_violated=number in violated)
        for number, one in enumerate(claims, start=1)
    )
    return Program(network=where, checks=tuple(checks))
