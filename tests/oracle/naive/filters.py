"""NSGs, security admin rules and the rules of an Azure Firewall (azure-network-semantics 2, 4 and 10.1)."""

from __future__ import annotations

from dataclasses import replace

from asever.model.packets import ANY_PORT, Packet
from asever.model.things import Direction, Firewall, PrivateEndpoint
from tests.oracle.naive.facts import HOST, TCP, Lost, Unsure, has_ports
from tests.oracle.naive.tags import Tags

ALLOW, DENY, ALWAYS = "allow", "deny", "always-allow"


class Filters(Tags):
    """What lets pass and what does not."""

    # -- One rule -------------------------------------------------------------------------------------------------------

    def ports_match(self, rule, packet):
        if has_ports(packet.protocol):
            return packet.source_port in rule.source_port and packet.target_port in rule.target_port
        names_ports = rule.source_port != ANY_PORT or rule.target_port != ANY_PORT
        return not (names_ports and self.reading("ports-without-ports", "never-match"))

    def addresses_match(self, rule, packet, subnet):
        """True, False, or None when it hangs on tags of unknown content."""
        sides = (rule.sources, packet.source, packet.source_tags), (rule.targets, packet.target, packet.target_tags)
        verdicts = [self.side_matches(terms, address, known, subnet) for terms, address, known in sides]
        if False in verdicts:
            return False
        return None if None in verdicts else True

    def side_matches(self, terms, address, known, subnet):
        perhaps = False
        for one in terms:
            try:
                if self.term_matches(one, address, known, subnet):
                    return True
            except Unsure:
                perhaps = True
        return None if perhaps else False

    def first_match(self, rules, packet, subnet, otherwise):
        """The access of the first rule that matches; Unsure if one that perhaps matches before it says otherwise."""
        perhaps = set()
        found = otherwise
        for rule in rules:
            if packet.protocol not in rule.protocol or not self.ports_match(rule, packet):
                continue
            matches = self.addresses_match(rule, packet, subnet)
            if matches is None:
                perhaps.add(rule.access)
            elif matches:
                found = rule.access
                break
        else:
            found = otherwise() if callable(otherwise) else otherwise
        if perhaps - {found}:
            raise Unsure("a rule with a tag of unknown content")
        return found

    # -- NSGs -----------------------------------------------------------------------------------------------------------

    def group_lets_pass(self, group, direction, packet, subnet):
        """First match decides; then Azure's own three rules (azure-network-semantics 2)."""
        if group is None:
            return True
        self.meet("nsg")
        declared = self.network.groups[group]
        rules = declared.inbound if direction is Direction.INBOUND else declared.outbound
        return self.rules_let_pass(rules, direction, packet, subnet)

    def rules_let_pass(self, rules, direction, packet, subnet):
        def defaults():
            if self.in_virtual_network(subnet, packet.source) and self.in_virtual_network(subnet, packet.target):
                return ALLOW
            if direction is Direction.INBOUND:
                return ALLOW if packet.source == HOST else DENY
            return ALLOW if self.in_internet(subnet, packet.target) else DENY

        return self.first_match(sorted(rules, key=lambda one: one.priority), packet, subnet, defaults) == ALLOW

    # -- Security admin rules -------------------------------------------------------------------------------------------

    def admin_verdict(self, direction, packet, subnet):
        """What the rules of the virtual network say, before any NSG; None is nothing (azure-network-semantics 4)."""
        vnet = self.vnet_of(subnet).name
        sets = [one for one in self.network.admin_rules.values() if vnet in one.applies_to]
        if not sets:
            return None
        lists = [one.inbound if direction is Direction.INBOUND else one.outbound for one in sets]
        lists = [sorted(one, key=lambda rule: rule.priority) for one in lists]
        if self.reading("several-admin-rules", "by-priority"):
            together = sorted((rule for one in lists for rule in one), key=lambda rule: rule.priority)
            if len(sets) > 1 and len({rule.priority for rule in together}) < len(together):
                raise Unsure("admin rules of equal priority in several sets")
            lists = [together]
        # The manager of the higher scope wins a conflict, so its first match decides for all.
        found = self.first_match([rule for one in lists for rule in one], packet, subnet, None)
        if found is not None:
            self.meet(f"admin rules: {found}")
        return found

    # -- A network interface --------------------------------------------------------------------------------------------

    def pass_out(self, who, packet):
        """Admin rules, the group of the network interface, the group of the subnet."""
        self.pass_filters(who, Direction.OUTBOUND, packet)

    def pass_in(self, who, packet):
        self.pass_filters(who, Direction.INBOUND, packet)

    def pass_filters(self, who, direction, packet):
        subnet = self.subnet(who)
        if isinstance(who, PrivateEndpoint):
            self.pass_endpoint(who, packet)
            return
        if not isinstance(who, Firewall):
            verdict = self.admin_verdict(direction, packet, subnet)
            if verdict == DENY:
                raise Lost
            if verdict == ALWAYS:
                return
        groups = (self.network_card_group(who), self.network.subnets[subnet].nsg)
        verdicts = []
        for group in groups:
            try:
                verdicts.append(self.group_lets_pass(group, direction, packet, subnet))
            except Unsure:
                verdicts.append(None)
        if False in verdicts:
            raise Lost
        if None in verdicts:
            raise Unsure("a rule with a tag of unknown content")

    def pass_endpoint(self, who, packet):
        """No admin rules; the subnet's NSG if its policies say so, with source ports taken as any (9.1)."""
        subnet = self.network.subnets[who.subnet]
        if subnet.private_endpoint_policies not in ("nsg", "on"):
            return
        self.meet("private endpoint: nsg")
        if subnet.nsg is None:
            return
        group = self.network.groups[subnet.nsg]
        rules = [replace(rule, source_port=ANY_PORT) for rule in group.inbound]
        if not self.rules_let_pass(rules, Direction.INBOUND, packet, who.subnet):
            raise Lost

    def has_group(self, who):
        return self.network_card_group(who) is not None or self.network.subnets[self.subnet(who)].nsg is not None

    def answers_probe(self, machine, port):
        """Whether the load balancer's probe gets in (azure-network-semantics 8)."""
        probe = Packet(protocol=TCP, source=HOST, source_port=49152, target=machine.addresses[0], target_port=port)
        try:
            self.pass_in(machine, probe)
        except Lost:
            return False
        return True

    # -- An Azure Firewall ----------------------------------------------------------------------------------------------

    def firewall_rules(self, firewall, kinds, packet):
        """Its rules of these kinds that match, the one that decides first (azure-network-semantics 10.1)."""
        for rule in sorted(firewall.rules, key=lambda one: one.priority):
            if rule.access not in kinds or packet.protocol not in rule.protocol:
                continue
            # `any` with a destination port means TCP and UDP.
            if rule.any_protocol and rule.target_port != ANY_PORT and not has_ports(packet.protocol):
                continue
            if not self.ports_match(rule, packet):
                continue
            matches = self.addresses_match(rule, packet, firewall.subnet)
            if matches is None:
                raise Unsure("a firewall rule with a tag of unknown content")
            if matches:
                return rule
        return None
