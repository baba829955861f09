"""Ways in that translate: load balancers and firewalls, which may be called on other ports than they hand packets to."""

from __future__ import annotations

from collections.abc import Iterator

from asever.azure.inventory import Inventory, singles
from asever.model.numbers import NumberSet
from asever.model.packets import PROTOCOLS_WITH_PORTS
from asever.record import record


@record
class WayIn:
    """Called at `addresses` on `ports`, a packet arrives on port `arrives_on`; None keeps the port."""

    addresses: NumberSet
    protocol: NumberSet
    ports: NumberSet
    arrives_on: int | None


def ways_in(known: Inventory, addresses: NumberSet) -> Iterator[WayIn]:
    """The translating ways to whoever has these addresses."""
    network = known.network
    for wall in network.firewalls.values():
        own = singles((wall.address, *(() if wall.public_ip is None else (wall.public_ip,))))
        for rule in wall.rules:
            if rule.translated is not None and rule.translated in addresses:
                yield WayIn(
                    addresses=own,
                    protocol=rule.protocol & PROTOCOLS_WITH_PORTS,
                    ports=rule.target_port,
                    arrives_on=rule.translated_port,
                )
    for balancer in network.load_balancers.values():
        behind = singles(one for name in balancer.backends for one in network.machines[name].addresses)
        if behind.overlaps(addresses):
            for mapping in balancer.mappings:
                if mapping.front != mapping.back:
                    yield WayIn(
                        addresses=NumberSet.single(balancer.frontend),
                        protocol=mapping.protocol & PROTOCOLS_WITH_PORTS,
                        ports=NumberSet.single(mapping.front),
                        arrives_on=mapping.back,
                    )
