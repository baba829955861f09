"""From trees to a program: every name defined first, then things, then what refers to them, then the checks."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TypeGuard

from asever.diagnostics import Diagnostics, Edit
from asever.model import claims, things
from asever.model.addresses import parse_prefix
from asever.model.azure_tags import COMPUTED, canonical_tag
from asever.model.numbers import NumberSet, Range, union
from asever.record import record, replace
from asever.semantics.attributes import Reader, plain_word
from asever.semantics.checks import CheckReader
from asever.semantics.declare import Declarer
from asever.semantics.names import Excuses, Names, Symbol, describe
from asever.semantics.problems import Problems, closest
from asever.semantics.rules import RuleReader
from asever.semantics.schema import DECLARATIONS, INNER
from asever.semantics.services import Services
from asever.semantics.terms import Terms
from asever.semantics.unknowns import Unknowns
from asever.syntax import nodes

# A prefix of this many addresses or fewer belongs to somebody whom its author knows.
NAMED_AT_MOST = 1 << 16
_PRIVATE = union(map(parse_prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10")))
_KEYWORDS = ("service", "tag", "pack", "apply", "check", "import")


class Mounted:
    """The items of one file. Their names begin with `prefix`, and are reached under every prefix of `aliases` too."""

    def __init__(self, items: Sequence[nodes.Item], prefix: str = "", aliases: tuple[str, ...] = ()) -> None:
        self.items = items
        self.prefix = prefix
        self.aliases = aliases


@record
class Quiet:
    """An NSG with nothing to say of its rules: how many they are, and the addresses in them that are somebody's."""

    size: int
    named: NumberSet


class Sources:
    """All trees of a program, in the order of their checks, with what could not be read.

    `homes` is the prefix of each file, by the file's name; `sealed` are the names of the library's files; `health` are the
    shipped health packs by version.
    """

    def __init__(
        self,
        files: Sequence[Mounted],
        *,
        homes: Mapping[str, str] | None = None,
        sealed: frozenset[str] = frozenset(),
        excuses: Excuses | None = None,
        health: Mapping[int, nodes.Pack] | None = None,
    ) -> None:
        self.files = files
        self.homes = homes or {}
        self.sealed = sealed
        self.excuses = excuses or Excuses()
        self.health = health or {}


class Build:
    """One build; the parts that read rules, services and checks share its tables.

    The rules of `quiet` NSGs are read when somebody asks for them.
    """

    def __init__(self, sources: Sources, problems: Problems, quiet: Mapping[str, Quiet] | None = None) -> None:
        self.sources = sources
        self.quiet = quiet or {}
        self.problems = problems
        self.names = Names(problems, sources.homes, sources.excuses, sources.sealed)
        self.things: dict[str, things.Thing] = {}
        self.literals: set[tuple[Range, ...]] = set()
        self.declarations: dict[str, nodes.Declaration] = {}
        self.tags: dict[str, nodes.Tag] = {}
        self.services: dict[str, nodes.Service] = {}
        self.packs: dict[str, nodes.Pack] = {}
        self.open_tags: frozenset[str] = frozenset()
        self.guesses: tuple[things.Guess, ...] = ()
        self.declarer: Declarer | None = None
        self.is_independent = False
        """Whether nothing but their own declarations decides what things are (`Unknowns.settle` looks at all)."""

    def define(self) -> Names:
        """The first step: every name that the program defines."""
        for file in self.sources.files:
            for item in file.items:
                self._define(item, file)
        return self.names

    def run(self) -> tuple[things.Network, tuple[claims.Check, ...]]:
        """All steps in order."""
        self.define()
        terms = Terms(self.problems, self.names, self.things, self._named)
        rules = RuleReader(self.problems, terms)
        unknowns = Unknowns()
        reader = Reader(problems=self.problems, excuses=self.sources.excuses, named=self._named, unknowns=unknowns)
        sizes = {name: one.size for name, one in self.quiet.items()}
        declarer = self.declarer = Declarer(reader, self.names, rules, self.things, sizes)
        for name, declaration in self.declarations.items():
            declarer.declare(declaration, name)
        unknowns.settle(self.things, self._written)
        self.is_independent = not unknowns.are_there
        self.guesses = tuple(unknowns.guesses)
        known = {name: one for name, one in self.tags.items() if one.addresses}
        self.open_tags = terms.open_tags = frozenset(self.tags) - known.keys()
        for name, addresses in terms.read_tags(known).items():
            declarer.add(things.Tag(name=name, span=self.tags[name].name.span, addresses=addresses))
        declarer.finish()
        services = Services(self.problems, self.names)
        services.read_all(self.services)
        checks = CheckReader(terms, services, self.packs, self.sources.health)
        for pack in self.packs.values():
            checks.pack(pack)
        found: list[claims.Check] = []
        for file in self.sources.files:
            for item in file.items:
                if isinstance(item, nodes.Check):
                    found.extend(checks.check(item))
                elif isinstance(item, nodes.Apply):
                    found.extend(checks.applied(item))
        return self._network(), tuple(found)

    def regrouped(
        self,
        network: things.Network,
        changed: Sequence[tuple[nodes.Declaration, nodes.Declaration]],
        diagnostics: Diagnostics,
    ) -> things.Network:
        """The network with these NSGs declared anew. After a diagnostic this build is of no more use."""
        assert self.declarer is not None  # noqa: S101 - it has run
        self.problems.diagnostics = diagnostics
        names = {id(node): name for name, node in self.declarations.items()}
        self.declarer.later.clear()
        # A rule that stands in the same excerpt is the same node, and every name in it means what it meant.
        groups = [network.groups[names[id(old)]] for old, _ in changed]
        before = [rule for group in groups for rule in (*group.inbound, *group.outbound)]
        known = {rule.span: rule for rule in before if rule.span is not None}
        self.declarer.rules.known = known if len(known) == len(before) else {}
        for old, new in changed:
            self.declarations[names[id(old)]] = new
            self.declarer.declare(new, names[id(old)])
        for step in self.declarer.later:
            step()
        again = {names[id(old)]: self.things[names[id(old)]] for old, _ in changed}
        return replace(network, groups={**network.groups, **again})  # type: ignore[dict-item] # NSGs stay NSGs

    def _written(self) -> NumberSet:
        """The single addresses that the program writes in declarations: no unknown address is to be taken for one of them."""
        found = (one for item in self.declarations.values() for one in addresses_in(item.body))
        return union(one.value for one in found if one.value.is_single)

    def _named(self, numbers: NumberSet) -> None:
        self.literals.add(numbers.ranges)

    # -- Definitions ----------------------------------------------------------------------------------------------------

    def _define(self, item: nodes.Item, file: Mounted) -> None:
        match item:
            case nodes.Declaration():
                self._define_declaration(item, file)
            case nodes.Tag():
                self._define_tag(item, file)
            case nodes.Service():
                name = self._put(self.names.services, "service", item.name, file, item)
                if name is not None:
                    self.services[name] = item
            case nodes.Pack():
                name = self._put(self.names.packs, "pack", item.name, file, item)
                if name is not None:
                    self.packs[name] = item
            case _:
                pass  # checks define nothing, and imports are followed

    def _put(
        self, table: dict[str, Symbol], kind: str, name: nodes.Name, file: Mounted, whole: nodes.Node, text: str | None = None
    ) -> str | None:
        """Defines a name under all its prefixes; its full name, or None if that was taken."""
        text = text or name.text
        symbol = Symbol(kind=kind, name=file.prefix + text, span=name.span, whole=whole.span)
        if not self.names.define(table, symbol):
            return None
        for alias in file.aliases:
            self.names.define(table, symbol, alias + text)
        return symbol.name

    def _define_declaration(self, node: nodes.Declaration, file: Mounted) -> None:
        kind = node.kind.text
        if kind not in DECLARATIONS:
            self._unknown_kind(node)
            return
        name = self._put(self.names.things, kind, node.name, file, node)
        if name is None:
            return
        self.declarations[name] = node
        for one in node.body.items if node.body is not None and kind == "vnet" else ():
            if isinstance(one, nodes.Attribute) and one.word.text == "subnet" and len(one.values) == 1:
                inner = plain_word(one.values[0])
                if inner is not None:
                    inner_name = nodes.Name(span=one.values[0].span, text=f"{node.name.text}/{inner}")
                    self._put(self.names.things, "subnet", inner_name, file, one)

    def _unknown_kind(self, node: nodes.Declaration) -> None:
        kind = node.kind.text
        # What it should have been is not known, so its name may stand for anything.
        self.names.excused.add(node.name.text)
        if kind in INNER:
            owner = {"subnet": "vnet", "peer": "vnet", "ip-ssl": "ase"}[kind]
            self.problems.error(
                "unknown-kind", f"a `{kind}` stands inside {describe(owner)}", node.kind.span, "not at the top of a file"
            )
            return
        near = closest(kind, dict.fromkeys((*DECLARATIONS, *_KEYWORDS)))
        self.problems.error(
            "unknown-kind",
            f"there is no kind of thing called `{kind}`",
            node.kind.span,
            "not a kind of declaration",
            help=f"did you mean `{near}`?" if near else f"the kinds are {', '.join(DECLARATIONS)}",
            edits=(Edit(node.kind.span, near),) if near else (),
        )

    def _define_tag(self, node: nodes.Tag, file: Mounted) -> None:
        text = canonical_tag(node.name.text)
        if text in COMPUTED:
            self.problems.error(
                "computed-tag",
                f"the tag {text} cannot be defined: its content follows from the network",
                node.name.span,
                "Azure computes this one",
                help="give the tag another name",
            )
            return
        name = self._put(self.names.things, "tag", node.name, file, node, text)
        if name is not None:
            self.tags[name] = node

    # -- The network ----------------------------------------------------------------------------------------------------

    def _network(self) -> things.Network:
        tables: dict[str, dict[str, things.Thing]] = {name: {} for name in _TABLES.values()}
        for name, thing in self.things.items():
            tables[_TABLES[type(thing)]][name] = thing
        return things.Network(
            **tables,  # type: ignore[arg-type] # each table holds its type
            open_tags=self.open_tags,
            guesses=self.guesses,
            named_addresses=union(
                (*filter(is_somebodys, map(NumberSet, self.literals)), *(one.named for one in self.quiet.values()))
            ),
        )


def is_somebodys(numbers: NumberSet) -> bool:
    """Whether their author knows whose these addresses are, so that Azure lends none of them to a machine."""
    return 0 < numbers.size <= NAMED_AT_MOST and not numbers.overlaps(_PRIVATE)


def is_group(item: nodes.Item) -> TypeGuard[nodes.Declaration]:
    """Whether an item declares an NSG."""
    return isinstance(item, nodes.Declaration) and item.kind.text == "nsg"


def somebodys(node: nodes.Declaration, but: Container[int] = ()) -> set[NumberSet]:
    """The addresses in a declaration that make the Internet smaller, since their author knows whose they are."""
    return {one.value for one in addresses_in(node.body, but) if is_somebodys(one.value)}


def addresses_in(body: nodes.Body | None, but: Container[int] = ()) -> Iterator[nodes.Addresses]:
    """The addresses that are written in a declaration, but for those in some rules of its lists, by their identity."""
    for item in body.items if body is not None else ():
        match item:
            case nodes.Attribute():
                yield from (one for one in item.values if isinstance(one, nodes.Addresses))
                yield from addresses_in(item.body)
            case nodes.Rules():
                for rule in item.rules:
                    if id(rule) not in but:
                        yield from _literals(rule)
            case nodes.Rule():
                yield from _literals(item)
            case nodes.Route():
                yield from (one for one in (item.destination, item.appliance) if isinstance(one, nodes.Addresses))
            case _:
                pass


def _literals(rule: nodes.Rule) -> Iterator[nodes.Addresses]:
    return (one for one in (*rule.sources, *rule.targets, rule.translated) if isinstance(one, nodes.Addresses))


_TABLES: Mapping[type[things.Thing], str] = {
    things.Vnet: "vnets",
    things.Subnet: "subnets",
    things.Environment: "environments",
    things.Machine: "machines",
    things.SecurityGroup: "groups",
    things.ApplicationGroup: "application_groups",
    things.RouteTable: "route_tables",
    things.Gateway: "gateways",
    things.OnPremises: "on_premises",
    things.LoadBalancer: "load_balancers",
    things.NatGateway: "nat_gateways",
    things.Firewall: "firewalls",
    things.PrivateEndpoint: "private_endpoints",
    things.PlatformService: "platform_services",
    things.AdminRules: "admin_rules",
    things.Tag: "tags",
}
