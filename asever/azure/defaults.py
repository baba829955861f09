"""What Azure adds to every NSG unasked: the six default rules."""

from __future__ import annotations

from asever.model.addresses import ALL_ADDRESSES
from asever.model.packets import ANY_PORT, ANY_PROTOCOL
from asever.model.things import AddressTerm, DeclaredRule, Direction, TermKind

_EVERYWHERE = (AddressTerm(kind=TermKind.ADDRESSES, text="*", addresses=ALL_ADDRESSES),)
_VIRTUAL_NETWORK = (AddressTerm(kind=TermKind.TAG, text="VirtualNetwork"),)
_LOAD_BALANCER = (AddressTerm(kind=TermKind.TAG, text="AzureLoadBalancer"),)
_INTERNET = (AddressTerm(kind=TermKind.TAG, text="Internet"),)


def _default(
    priority: int, name: str, access: str, sources: tuple[AddressTerm, ...], targets: tuple[AddressTerm, ...]
) -> DeclaredRule:
    return DeclaredRule(
        priority=priority,
        name=name,
        access=access,
        protocol=ANY_PROTOCOL,
        any_protocol=True,
        sources=sources,
        source_port=ANY_PORT,
        targets=targets,
        target_port=ANY_PORT,
    )


# In every NSG, after the user's own; nobody can remove them (azure-network-semantics 2.3, with the names that Azure prints).
DEFAULT_RULES = {
    Direction.INBOUND: (
        _default(65000, "AllowVnetInBound", "allow", _VIRTUAL_NETWORK, _VIRTUAL_NETWORK),
        _default(65001, "AllowAzureLoadBalancerInBound", "allow", _LOAD_BALANCER, _EVERYWHERE),
        _default(65500, "DenyAllInBound", "deny", _EVERYWHERE, _EVERYWHERE),
    ),
    Direction.OUTBOUND: (
        _default(65000, "AllowVnetOutBound", "allow", _VIRTUAL_NETWORK, _VIRTUAL_NETWORK),
        _default(65001, "AllowInternetOutBound", "allow", _EVERYWHERE, _INTERNET),
        _default(65500, "DenyAllOutBound", "deny", _EVERYWHERE, _EVERYWHERE),
    ),
}
