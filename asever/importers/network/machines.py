"""Network interfaces, virtual machines and scale sets: each interface becomes a machine."""

from __future__ import annotations

from collections.abc import Iterator

from asever.importers.network import words
from asever.importers.network.book import last
from asever.importers.network.sheet import Making, called, refers
from asever.importers.network.words import inner, prop
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.source import Span
from asever.syntax import nodes

_NIC = "Microsoft.Network/networkInterfaces"
_PUBLIC = "Microsoft.Network/publicIPAddresses"
SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"


def machines(to: Making) -> None:
    """Every network interface, with or without a machine, and every scale set."""
    for one in to.book.of_kind(_NIC):
        if refers(prop(one.properties, "privateEndpoint")):
            continue  # Azure's own interface of a private endpoint, which is read as that
        if not to.members(one, one.properties, "ipConfigurations"):
            to.leave_out(one, "it has no configuration in the file")
            continue
        to.add("vm", one, interface(to, one, one.properties))
    for one in to.book.of_kind(SCALE_SET):
        _scale_set(to, one)


def interface(to: Making, one: Resource, content: Value) -> Iterator[nodes.Attribute | None]:
    """The attributes of one interface."""
    configurations = prop(content, "ipConfigurations")
    every = configurations.items if configurations is not None else ()
    span = to.place(configurations, one)
    subnet = next((found for each in every if refers(found := prop(each, "subnet"))), None)
    yield words.attribute("subnet", to.place(subnet, one), words.ref(to.home(subnet, one), to.place(subnet, one)))
    yield _private(to, one, every, span)
    yield public_ip(to, one, every)
    yield to.group(prop(content, "networkSecurityGroup"), one)
    yield _application_groups(to, one, every)
    forwarding = prop(content, "enableIPForwarding")
    yield to.switch(one, "ip-forwarding", forwarding, default=False)


def _private(to: Making, one: Resource, every: tuple[Value, ...], span: Span) -> nodes.Attribute:
    found = [private_address(to, one, each) for each in every]
    # Of several configurations those whose address the file has are enough to say where the machine is.
    known: list[nodes.Value] = [each for each in found if isinstance(each, nodes.Addresses)]
    return words.attribute("ip", span, *(known or [words.unknown(span)]))


def private_address(to: Making, one: Resource, configuration: Value) -> nodes.Addresses | nodes.Ref:
    """The private address of a configuration; `unknown` where only Azure knows it."""
    value = prop(configuration, "privateIPAddress")
    span = to.place(value, one)
    if value is not None and value.text and not to.knows_addresses(prop(configuration, "subnet")):
        to.remark(to.at(one), f"private address of {last(one.name)}: {value.text}, in a subnet whose addresses are not known")
        return words.unknown(span)
    found = words.addresses(value.text, span) if value is not None and value.text else None
    if found is not None and found.value.size == 1:
        return found
    if value is not None and value.symbol is not None:
        to.remark(to.at(one), f"private address of {last(one.name)}: {value.symbol.name}")
    return words.unknown(span)


def public_ip(to: Making, one: Resource, every: tuple[Value, ...]) -> nodes.Attribute | None:
    """The public address of the first configuration that has one."""
    given = [found for each in every if refers(found := prop(each, "publicIPAddress"))]
    if not given:
        inline = next((found for each in every if refers(found := prop(each, "publicIPAddressConfiguration")) or found), None)
        return words.attribute("public-ip", to.place(inline, one), words.unknown(to.place(inline, one))) if inline else None
    for extra in given[1:]:
        to.leave_out(one, f"one of its public addresses: {called(extra)}", to.place(extra, one))
    return words.attribute("public-ip", to.place(given[0], one), public_address(to, given[0], one))


def public_address(to: Making, reference: Value | None, one: Resource) -> nodes.Addresses | nodes.Ref:
    """The address of a public IP address; `unknown` where only Azure knows it."""
    found = to.book.find(reference, _PUBLIC)
    value = prop(found.properties, "ipAddress") if found is not None else prop(reference, "ipAddress")
    span = to.place(value if value is not None else reference, one)
    literal = words.addresses(value.text, span) if value is not None and value.text else None
    return literal if literal is not None and literal.value.size == 1 else words.unknown(span)


def _application_groups(to: Making, one: Resource, every: tuple[Value, ...]) -> nodes.Attribute | None:
    found: dict[str, nodes.Value] = {}
    for each in every:
        for value in to.members(one, each, "applicationSecurityGroups"):
            at = to.place(value, one)
            group = to.book.find(value, "Microsoft.Network/applicationSecurityGroups")
            if group is None:
                to.leave_out(one, f"it belongs to an application security group that is not in the file: {called(value)}", at)
            else:
                found.setdefault(to.name(group), words.ref(to.name(group), at))
    values = tuple(found.values())
    return words.attribute("asg", values[0].span, *values) if values else None


def _scale_set(to: Making, one: Resource) -> None:
    """A scale set is a machine for each of its interfaces: one instance, whichever, at whatever address of its subnet."""
    for name, configuration in scale_set_interfaces(to, one):
        span = configuration.span or to.at(one)
        to.remark(to.at(one), f"scale set {last(one.name)}: {name} stands for any one of its instances")
        to.declare("vm", name, span, interface(to, one, inner(configuration)))


def scale_set_interfaces(to: Making, one: Resource) -> Iterator[tuple[str, Value]]:
    """The interface configurations of a scale set with the name of the machine that stands for each."""
    profile = prop(one.properties, "virtualMachineProfile", "networkProfile", "networkInterfaceConfigurations")
    every = profile.items if profile is not None else ()
    for index, each in enumerate(every):
        yield to.name(one) if index == 0 else to.part_name(one, f"{last(one.name)}-{index + 1}", "vm"), each
    if not every:
        to.leave_out(one, "its network interfaces are not in the file")
