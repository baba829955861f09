"""The types of the azurerm provider that the model knows, of every major version, as the types of ARM that they make."""

from __future__ import annotations

from collections.abc import Mapping

from asever.importers.terraform.shapes import Shape, Type, block, blocks, constant, named, not_, ref, refs, same, switched
from asever.importers.tree import Value

_NETWORK = "Microsoft.Network"


def _alone(value: Value) -> Value | None:
    """One value where ARM has a list."""
    return None if value.plain in (None, "") else Value(plain=(value,), span=value.span)


def _named_first(value: Value) -> Value | None:
    """The name of the one block of a list."""
    first = value.items[0] if value.items else value
    return first.get("name") if first.symbol is None else first


def _frontend(value: Value) -> Value | None:
    """The name of a frontend as a reference to it: only the name is looked at."""
    if value.text is None:
        return ref(value)
    identity = Value(plain=f"/frontendIPConfigurations/{value.text}", span=value.span)
    return Value(plain={"id": identity}, span=value.span) if value.text else None


def _type(
    kind: str, shape: Shape | None = None, *, parent: str | None = None, above: str | None = None, inside: str | None = None
) -> Type:
    return Type(kind=kind, shape=shape or {}, parent=parent, above=above, inside=inside)


# -- Parts of resources -------------------------------------------------------------------------------------------------

_SUBNET: Shape = {
    "address_prefix": ("addressPrefix", same),
    "address_prefixes": ("addressPrefixes", same),
    "security_group": ("networkSecurityGroup", ref),
    "network_security_group_id": ("networkSecurityGroup", ref),
    "route_table_id": ("routeTable", ref),
    "service_endpoints": ("serviceEndpoints", named("service")),
    "service_endpoint": ("serviceEndpoints", blocks({"service": ("service", same)})),
    "delegation": (
        "delegations",
        blocks(
            {
                "service_delegation": ("serviceName", _named_first),
                "service_name": ("serviceName", same),
            }
        ),
    ),
    "enforce_private_link_endpoint_network_policies": ("privateEndpointNetworkPolicies", switched("Disabled", "Enabled")),
    "private_endpoint_network_policies_enabled": ("privateEndpointNetworkPolicies", switched("Enabled", "Disabled")),
    "private_endpoint_network_policies": ("privateEndpointNetworkPolicies", same),
    "default_outbound_access_enabled": ("defaultOutboundAccess", same),
}
_RULE: Shape = {
    **{name: (name, same) for name in ("priority", "direction", "access", "protocol", "description")},
    **{
        f"{side}_{tf}": (f"{side}{arm}", turn)
        for side in ("source", "destination")
        for tf, arm, turn in (
            ("address_prefix", "AddressPrefix", same),
            ("address_prefixes", "AddressPrefixes", same),
            ("port_range", "PortRange", same),
            ("port_ranges", "PortRanges", same),
            ("application_security_group_ids", "ApplicationSecurityGroups", refs),
        )
    },
}
_ADMIN_SIDE = blocks({"address_prefix": ("addressPrefix", same), "address_prefix_type": ("addressPrefixType", same)})
_ADMIN_RULE: Shape = {
    **{name: (name, same) for name in ("priority", "direction", "protocol", "description")},
    "action": ("access", same),
    "source": ("sources", _ADMIN_SIDE),
    "destination": ("destinations", _ADMIN_SIDE),
    "source_port_ranges": ("sourcePortRanges", same),
    "destination_port_ranges": ("destinationPortRanges", same),
}
_ROUTE: Shape = {
    "address_prefix": ("addressPrefix", same),
    "next_hop_type": ("nextHopType", same),
    "next_hop_in_ip_address": ("nextHopIpAddress", same),
}
_CONFIGURATION: Shape = {
    "subnet_id": ("subnet", ref),
    "private_ip_address": ("privateIPAddress", same),
    "private_ip_address_allocation": ("privateIPAllocationMethod", same),
    "public_ip_address_id": ("publicIPAddress", ref),
    "public_ip_prefix_id": ("publicIPPrefix", ref),
    "public_ip_address": ("publicIPAddressConfiguration", blocks({})),
    "application_security_group_ids": ("applicationSecurityGroups", refs),
    "load_balancer_backend_address_pool_ids": ("loadBalancerBackendAddressPools", refs),
    "load_balancer_backend_address_pools_ids": ("loadBalancerBackendAddressPools", refs),
    "load_balancer_inbound_nat_rules_ids": ("loadBalancerInboundNatPools", refs),
}
_INTERFACE: Shape = {
    "ip_configuration": ("ipConfigurations", blocks(_CONFIGURATION)),
    "enable_ip_forwarding": ("enableIPForwarding", same),
    "ip_forwarding_enabled": ("enableIPForwarding", same),
    "network_security_group_id": ("networkSecurityGroup", ref),
}
_MACHINE: Shape = {"network_interface_ids": ("networkProfile.networkInterfaces", refs)}
_SET_INTERFACES = "virtualMachineProfile.networkProfile.networkInterfaceConfigurations"
_SCALE_SET: Shape = {"network_interface": (_SET_INTERFACES, blocks(_INTERFACE))}
# The oldest scale sets spell it otherwise.
_OLD_SCALE_SET: Shape = {
    "network_profile": (_SET_INTERFACES, blocks({**_INTERFACE, "ip_forwarding": ("enableIPForwarding", same)}))
}

_BALANCER_RULE: Shape = {
    "protocol": ("protocol", same),
    "frontend_port": ("frontendPort", same),
    "backend_port": ("backendPort", same),
    "frontend_ip_configuration_name": ("frontendIPConfiguration", _frontend),
    "backend_address_pool_id": ("backendAddressPool", ref),
    "backend_address_pool_ids": ("backendAddressPools", refs),
    "probe_id": ("probe", ref),
    "enable_floating_ip": ("enableFloatingIP", same),
    "floating_ip_enabled": ("enableFloatingIP", same),
    "disable_outbound_snat": ("disableOutboundSnat", same),
}

_FIREWALL_RULE: Shape = {
    "protocols": ("protocols", same),
    "source_addresses": ("sourceAddresses", same),
    "source_ip_groups": ("sourceIpGroups", same),
    "destination_address": ("destinationAddresses", _alone),
    "destination_addresses": ("destinationAddresses", same),
    "destination_ip_groups": ("destinationIpGroups", same),
    "destination_ports": ("destinationPorts", same),
    "destination_fqdns": ("destinationFqdns", same),
    "translated_address": ("translatedAddress", same),
    "translated_port": ("translatedPort", same),
}
_APPLICATION_RULE: Shape = {
    "source_addresses": ("sourceAddresses", same),
    "source_ip_groups": ("sourceIpGroups", same),
    "destination_fqdns": ("targetFqdns", same),
    "target_fqdns": ("targetFqdns", same),
    "destination_fqdn_tags": ("fqdnTags", same),
    "fqdn_tags": ("fqdnTags", same),
    "destination_urls": ("targetUrls", same),
    "web_categories": ("webCategories", same),
    "protocol": ("protocols", blocks({"port": ("port", same), "type": ("protocolType", same)})),
    "protocols": ("protocols", blocks({"port": ("port", same), "type": ("protocolType", same)})),
}


def _collection(rules: Shape, *, kind: str | None = None, rule_kind: str | None = None) -> Shape:
    """A rule collection. In a policy the collection and each rule name their kind, which in Terraform the block does."""
    typed: Shape = {"name": ("ruleType", constant(rule_kind))} if rule_kind is not None else {}
    own: Shape = {"name": ("ruleCollectionType", constant(kind))} if kind is not None else {}
    return {
        **own,
        "priority": ("priority", same),
        "action": ("action.type", same),
        "rule": ("rules", blocks({**rules, **typed})),
    }


_FILTER, _NAT = "FirewallPolicyFilterRuleCollection", "FirewallPolicyNatRuleCollection"
_POLICY_RULES: Shape = {
    "priority": ("priority", same),
    "network_rule_collection": (
        "ruleCollections",
        blocks(_collection(_FIREWALL_RULE, kind=_FILTER, rule_kind="NetworkRule")),
    ),
    "application_rule_collection": (
        "ruleCollections",
        blocks(_collection(_APPLICATION_RULE, kind=_FILTER, rule_kind="ApplicationRule")),
    ),
    "nat_rule_collection": ("ruleCollections", blocks(_collection(_FIREWALL_RULE, kind=_NAT, rule_kind="NatRule"))),
}
_ENVIRONMENT: Shape = {
    "subnet_id": ("virtualNetwork", ref),
    "internal_load_balancing_mode": ("internalLoadBalancingMode", same),
    "allow_new_private_endpoint_connections": ("networkingConfiguration.allowNewPrivateEndpointConnections", same),
    "remote_debugging_enabled": ("networkingConfiguration.remoteDebugEnabled", same),
    "internal_ip_address": ("internalIpAddress", same),
    "service_ip_address": ("serviceIpAddress", same),
    "outbound_ip_addresses": ("outboundIpAddresses", same),
    "external_inbound_ip_addresses": ("externalInboundIpAddresses", same),
    "internal_inbound_ip_addresses": ("internalInboundIpAddresses", same),
    "linux_outbound_ip_addresses": ("linuxOutboundIpAddresses", same),
    "windows_outbound_ip_addresses": ("windowsOutboundIpAddresses", same),
}
_CONNECTION: Shape = {
    "virtual_network_gateway_id": ("virtualNetworkGateway1", ref),
    "peer_virtual_network_gateway_id": ("virtualNetworkGateway2", ref),
    "local_network_gateway_id": ("localNetworkGateway2", ref),
    "express_route_circuit_id": ("peer", ref),
    "enable_bgp": ("enableBgp", same),
    "bgp_enabled": ("enableBgp", same),
}
_ENDPOINT: Shape = {
    "subnet_id": ("subnet", ref),
    "private_service_connection": (
        "privateLinkServiceConnections",
        blocks({"private_connection_resource_id": ("privateLinkServiceId", same)}),
    ),
    "ip_configuration": ("ipConfigurations", blocks({"private_ip_address": ("privateIPAddress", same)})),
    "network_interface": ("networkInterfaces", blocks({})),
}


def _in_balancer(last: str, inside: str, shape: Shape = _BALANCER_RULE) -> Type:
    return _type(f"{_NETWORK}/loadBalancers/{last}", shape, parent="loadbalancer_id", above="azurerm_lb", inside=inside)


def _in_firewall(inside: str, rules: Shape) -> Type:
    kind = f"{_NETWORK}/azureFirewalls/{inside}"
    return _type(kind, _collection(rules), parent="azure_firewall_name", above="azurerm_firewall", inside=inside)


def _managed(path: str, parent: str, above: str, shape: Shape | None = None) -> Type:
    return _type(f"{_NETWORK}/networkManagers/{path}", shape or {}, parent=parent, above=above)


_RULES = "securityAdminConfigurations/ruleCollections"

TYPES: Mapping[str, Type] = {
    "azurerm_virtual_network": _type(
        f"{_NETWORK}/virtualNetworks",
        {
            "address_space": ("addressSpace.addressPrefixes", same),
            "dns_servers": ("dhcpOptions.dnsServers", same),
            "subnet": ("subnets", blocks(_SUBNET)),
        },
    ),
    "azurerm_subnet": _type(
        f"{_NETWORK}/virtualNetworks/subnets", _SUBNET, parent="virtual_network_name", above="azurerm_virtual_network"
    ),
    "azurerm_virtual_network_peering": _type(
        f"{_NETWORK}/virtualNetworks/virtualNetworkPeerings",
        {
            "remote_virtual_network_id": ("remoteVirtualNetwork", ref),
            "allow_virtual_network_access": ("allowVirtualNetworkAccess", same),
            "allow_forwarded_traffic": ("allowForwardedTraffic", same),
            "allow_gateway_transit": ("allowGatewayTransit", same),
            "use_remote_gateways": ("useRemoteGateways", same),
            "peer_complete_virtual_networks_enabled": ("peerCompleteVnets", same),
            "only_ipv6_peering_enabled": ("enableOnlyIPv6Peering", same),
        },
        parent="virtual_network_name",
        above="azurerm_virtual_network",
    ),
    "azurerm_network_security_group": _type(
        f"{_NETWORK}/networkSecurityGroups", {"security_rule": ("securityRules", blocks(_RULE))}
    ),
    "azurerm_network_security_rule": _type(
        f"{_NETWORK}/networkSecurityGroups/securityRules",
        _RULE,
        parent="network_security_group_name",
        above="azurerm_network_security_group",
    ),
    "azurerm_application_security_group": _type(f"{_NETWORK}/applicationSecurityGroups"),
    "azurerm_route_table": _type(
        f"{_NETWORK}/routeTables",
        {
            "route": ("routes", blocks(_ROUTE)),
            "disable_bgp_route_propagation": ("disableBgpRoutePropagation", same),
            "bgp_route_propagation_enabled": ("disableBgpRoutePropagation", not_),
        },
    ),
    "azurerm_route": _type(f"{_NETWORK}/routeTables/routes", _ROUTE, parent="route_table_name", above="azurerm_route_table"),
    "azurerm_network_interface": _type(f"{_NETWORK}/networkInterfaces", _INTERFACE),
    **{
        f"azurerm_{name}": _type("Microsoft.Compute/virtualMachines", _MACHINE)
        for name in ("virtual_machine", "linux_virtual_machine", "windows_virtual_machine")
    },
    **{
        f"azurerm_{name}": _type("Microsoft.Compute/virtualMachineScaleSets", _SCALE_SET)
        for name in (
            "linux_virtual_machine_scale_set",
            "windows_virtual_machine_scale_set",
            "orchestrated_virtual_machine_scale_set",
        )
    },
    "azurerm_virtual_machine_scale_set": _type("Microsoft.Compute/virtualMachineScaleSets", _OLD_SCALE_SET),
    "azurerm_public_ip": _type(
        f"{_NETWORK}/publicIPAddresses",
        {"ip_address": ("ipAddress", same), "allocation_method": ("publicIPAllocationMethod", same)},
    ),
    "azurerm_public_ip_prefix": _type(f"{_NETWORK}/publicIPPrefixes", {"ip_prefix": ("ipPrefix", same)}),
    "azurerm_lb": _type(
        f"{_NETWORK}/loadBalancers",
        {"frontend_ip_configuration": ("frontendIPConfigurations", blocks(_CONFIGURATION))},
    ),
    "azurerm_lb_rule": _in_balancer("loadBalancingRules", "loadBalancingRules"),
    "azurerm_lb_nat_rule": _in_balancer("inboundNatRules", "inboundNatRules"),
    "azurerm_lb_nat_pool": _in_balancer("inboundNatPools", "inboundNatPools"),
    "azurerm_lb_probe": _in_balancer("probes", "probes", {"port": ("port", same), "protocol": ("protocol", same)}),
    "azurerm_lb_backend_address_pool": _in_balancer("backendAddressPools", "backendAddressPools", {}),
    "azurerm_lb_outbound_rule": _in_balancer(
        "outboundRules", "outboundRules", {"backend_address_pool_id": ("backendAddressPool", ref)}
    ),
    "azurerm_nat_gateway": _type(
        f"{_NETWORK}/natGateways",
        {"public_ip_address_ids": ("publicIpAddresses", refs), "public_ip_prefix_ids": ("publicIpPrefixes", refs)},
    ),
    "azurerm_firewall": _type(
        f"{_NETWORK}/azureFirewalls",
        {
            "ip_configuration": ("ipConfigurations", blocks(_CONFIGURATION)),
            "firewall_policy_id": ("firewallPolicy", ref),
            "private_ip_ranges": ("privateRanges", same),
        },
    ),
    "azurerm_firewall_network_rule_collection": _in_firewall("networkRuleCollections", _FIREWALL_RULE),
    "azurerm_firewall_nat_rule_collection": _in_firewall("natRuleCollections", _FIREWALL_RULE),
    "azurerm_firewall_application_rule_collection": _in_firewall("applicationRuleCollections", _APPLICATION_RULE),
    "azurerm_firewall_policy": _type(
        f"{_NETWORK}/firewallPolicies",
        {"base_policy_id": ("basePolicy", ref), "private_ip_ranges": ("snat.privateRanges", same)},
    ),
    "azurerm_firewall_policy_rule_collection_group": _type(
        f"{_NETWORK}/firewallPolicies/ruleCollectionGroups",
        _POLICY_RULES,
        parent="firewall_policy_id",
        above="azurerm_firewall_policy",
    ),
    "azurerm_ip_group": _type(f"{_NETWORK}/ipGroups", {"cidrs": ("ipAddresses", same)}),
    "azurerm_virtual_hub": _type(f"{_NETWORK}/virtualHubs"),
    "azurerm_virtual_hub_connection": _type(
        f"{_NETWORK}/virtualHubs/hubVirtualNetworkConnections",
        {
            "remote_virtual_network_id": ("remoteVirtualNetwork", ref),
            "internet_security_enabled": ("enableInternetSecurity", same),
        },
        parent="virtual_hub_id",
        above="azurerm_virtual_hub",
    ),
    "azurerm_private_endpoint": _type(f"{_NETWORK}/privateEndpoints", _ENDPOINT),
    "azurerm_virtual_network_gateway": _type(
        f"{_NETWORK}/virtualNetworkGateways",
        {
            "type": ("gatewayType", same),
            "ip_configuration": ("ipConfigurations", blocks(_CONFIGURATION)),
            "vpn_client_configuration": ("vpnClientConfiguration", block({"address_space": ("id", constant("clients"))})),
        },
    ),
    "azurerm_local_network_gateway": _type(
        f"{_NETWORK}/localNetworkGateways", {"address_space": ("localNetworkAddressSpace.addressPrefixes", same)}
    ),
    "azurerm_virtual_network_gateway_connection": _type(f"{_NETWORK}/connections", _CONNECTION),
    "azurerm_app_service_environment": _type("Microsoft.Web/hostingEnvironments", _ENVIRONMENT),
    "azurerm_app_service_environment_v3": _type("Microsoft.Web/hostingEnvironments", _ENVIRONMENT),
    "azurerm_network_manager": _type(f"{_NETWORK}/networkManagers"),
    "azurerm_network_manager_network_group": _managed("networkGroups", "network_manager_id", "azurerm_network_manager"),
    "azurerm_network_manager_static_member": _managed(
        "networkGroups/staticMembers",
        "network_group_id",
        "azurerm_network_manager_network_group",
        {"target_virtual_network_id": ("resourceId", same)},
    ),
    "azurerm_network_manager_connectivity_configuration": _managed(
        "connectivityConfigurations",
        "network_manager_id",
        "azurerm_network_manager",
        {
            "applies_to_group": ("appliesToGroups", blocks({"network_group_id": ("networkGroupId", same)})),
            "hub": ("hubs", blocks({"resource_id": ("resourceId", same)})),
        },
    ),
    "azurerm_network_manager_security_admin_configuration": _managed(
        "securityAdminConfigurations", "network_manager_id", "azurerm_network_manager"
    ),
    "azurerm_network_manager_admin_rule_collection": _managed(
        _RULES,
        "security_admin_configuration_id",
        "azurerm_network_manager_security_admin_configuration",
        {"network_group_ids": ("appliesToGroups", named("networkGroupId"))},
    ),
    "azurerm_network_manager_admin_rule": _managed(
        f"{_RULES}/rules", "admin_rule_collection_id", "azurerm_network_manager_admin_rule_collection", _ADMIN_RULE
    ),
}

OTHERS: Mapping[str, str] = {
    "azurerm_app_configuration": "Microsoft.AppConfiguration/configurationStores",
    "azurerm_app_service": "Microsoft.Web/sites",
    "azurerm_application_gateway": "Microsoft.Network/applicationGateways",
    "azurerm_bastion_host": "Microsoft.Network/bastionHosts",
    "azurerm_cognitive_account": "Microsoft.CognitiveServices/accounts",
    "azurerm_container_registry": "Microsoft.ContainerRegistry/registries",
    "azurerm_cosmosdb_account": "Microsoft.DocumentDB/databaseAccounts",
    "azurerm_eventhub_namespace": "Microsoft.EventHub/namespaces",
    "azurerm_express_route_circuit": "Microsoft.Network/expressRouteCircuits",
    "azurerm_express_route_circuit_peering": "Microsoft.Network/expressRouteCircuits/peerings",
    "azurerm_express_route_connection": "Microsoft.Network/expressRouteGateways/expressRouteConnections",
    "azurerm_express_route_gateway": "Microsoft.Network/expressRouteGateways",
    "azurerm_function_app": "Microsoft.Web/sites",
    "azurerm_key_vault": "Microsoft.KeyVault/vaults",
    "azurerm_kubernetes_cluster": "Microsoft.ContainerService/managedClusters",
    "azurerm_linux_function_app": "Microsoft.Web/sites",
    "azurerm_linux_web_app": "Microsoft.Web/sites",
    "azurerm_machine_learning_workspace": "Microsoft.MachineLearningServices/workspaces",
    "azurerm_mssql_server": "Microsoft.Sql/servers",
    "azurerm_private_dns_resolver": "Microsoft.Network/dnsResolvers",
    "azurerm_private_link_service": "Microsoft.Network/privateLinkServices",
    "azurerm_servicebus_namespace": "Microsoft.ServiceBus/namespaces",
    "azurerm_sql_server": "Microsoft.Sql/servers",
    "azurerm_storage_account": "Microsoft.Storage/storageAccounts",
    "azurerm_virtual_wan": "Microsoft.Network/virtualWans",
    "azurerm_windows_function_app": "Microsoft.Web/sites",
    "azurerm_windows_web_app": "Microsoft.Web/sites",
}
"""Types that the model does not know and that private endpoints lead to or that stand in subnets, by their type in ARM."""

POINTERS: Mapping[str, frozenset[str]] = {
    "subnet_id": frozenset({"azurerm_subnet"}),
    "network_security_group_id": frozenset({"azurerm_network_security_group"}),
    "security_group": frozenset({"azurerm_network_security_group"}),
    "route_table_id": frozenset({"azurerm_route_table"}),
    "nat_gateway_id": frozenset({"azurerm_nat_gateway"}),
    "public_ip_address_id": frozenset({"azurerm_public_ip"}),
    "public_ip_address_ids": frozenset({"azurerm_public_ip"}),
    "public_ip_prefix_id": frozenset({"azurerm_public_ip_prefix"}),
    "public_ip_prefix_ids": frozenset({"azurerm_public_ip_prefix"}),
    "remote_virtual_network_id": frozenset({"azurerm_virtual_network"}),
    "target_virtual_network_id": frozenset({"azurerm_virtual_network"}),
    "virtual_network_id": frozenset({"azurerm_virtual_network"}),
    "network_interface_id": frozenset({"azurerm_network_interface"}),
    "network_interface_ids": frozenset({"azurerm_network_interface"}),
    "application_security_group_id": frozenset({"azurerm_application_security_group"}),
    "application_security_group_ids": frozenset({"azurerm_application_security_group"}),
    "source_application_security_group_ids": frozenset({"azurerm_application_security_group"}),
    "destination_application_security_group_ids": frozenset({"azurerm_application_security_group"}),
    "loadbalancer_id": frozenset({"azurerm_lb"}),
    "backend_address_pool_id": frozenset({"azurerm_lb_backend_address_pool"}),
    "backend_address_pool_ids": frozenset({"azurerm_lb_backend_address_pool"}),
    "load_balancer_backend_address_pool_ids": frozenset({"azurerm_lb_backend_address_pool"}),
    "load_balancer_inbound_nat_rules_ids": frozenset({"azurerm_lb_nat_rule", "azurerm_lb_nat_pool"}),
    "nat_rule_id": frozenset({"azurerm_lb_nat_rule"}),
    "probe_id": frozenset({"azurerm_lb_probe"}),
    "firewall_policy_id": frozenset({"azurerm_firewall_policy"}),
    "base_policy_id": frozenset({"azurerm_firewall_policy"}),
    "source_ip_groups": frozenset({"azurerm_ip_group"}),
    "destination_ip_groups": frozenset({"azurerm_ip_group"}),
    "ip_group_id": frozenset({"azurerm_ip_group"}),
    "virtual_network_gateway_id": frozenset({"azurerm_virtual_network_gateway"}),
    "peer_virtual_network_gateway_id": frozenset({"azurerm_virtual_network_gateway"}),
    "local_network_gateway_id": frozenset({"azurerm_local_network_gateway"}),
    "express_route_circuit_id": frozenset({"azurerm_express_route_circuit"}),
    "virtual_hub_id": frozenset({"azurerm_virtual_hub"}),
    "network_manager_id": frozenset({"azurerm_network_manager"}),
    "network_group_id": frozenset({"azurerm_network_manager_network_group"}),
    "network_group_ids": frozenset({"azurerm_network_manager_network_group"}),
    "security_admin_configuration_id": frozenset({"azurerm_network_manager_security_admin_configuration"}),
    "admin_rule_collection_id": frozenset({"azurerm_network_manager_admin_rule_collection"}),
    "virtual_network_name": frozenset({"azurerm_virtual_network"}),
    "network_security_group_name": frozenset({"azurerm_network_security_group"}),
    "route_table_name": frozenset({"azurerm_route_table"}),
    "azure_firewall_name": frozenset({"azurerm_firewall"}),
    "resource_group_name": frozenset({"azurerm_resource_group"}),
}
"""Attributes that name another resource, with the types that they can name."""
