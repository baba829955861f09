"""Recorded sessions with Azure: requests with their answers, and the resources as they stand at the end of them.

Recorders keep the same things under other names: VCR and its kin, the recordings of Azure's SDKs, browsers. What Azure answers
to questions about the network (effective rules and routes, flows, next hops) is no part of it; only NSGs that nothing else
shows are read from such answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from asever.diagnostics import Diagnostic
from asever.importers import azure_json, effective, json_text
from asever.importers.arm import template
from asever.importers.arm.targets import Target
from asever.importers.budget import Budget
from asever.importers.network.book import INLINE, key_of_id, last, reference_text, with_children
from asever.importers.network.sheet import refers
from asever.importers.network.words import prop, whole
from asever.importers.resources import Resource
from asever.importers.tree import Value
from asever.record import record, replace
from asever.source import Span

_EXCHANGES = (("interactions",), ("Entries",), ("networkCallRecords",), ("http_interactions",), ("log", "entries"))
_METHOD = (("method",), ("request", "method"), ("RequestMethod",))
_ADDRESS = (("uri",), ("request", "uri"), ("request", "url"), ("RequestUri",))
_STATUS = (("status",), ("response", "status", "code"), ("response", "status"), ("response", "StatusCode"), ("StatusCode",))
_SENT = (("requestBody",), ("request", "body", "string"), ("request", "body"), ("request", "postData", "text"))
_GOT = (("responseBody",), ("response", "body", "string"), ("response", "body"), ("response", "content", "text"))

MOST: Final = 20_000
"""Resources of the largest session that is read."""

_DEPLOYMENT = "microsoft.resources/deployments"
_NO_NETWORK = ("microsoft.resources/", "microsoft.authorization/", "microsoft.insights/")
"""Providers whose resources only make, guard or watch others."""

_GROUP = "microsoft.network/networksecuritygroups"
_SUBNET = "microsoft.network/virtualnetworks/subnets"
_NIC = "microsoft.network/networkinterfaces"
_BALANCER = "microsoft.network/loadbalancers"
_PARTS: Mapping[str, tuple[str, ...]] = {
    **{kind: tuple(field for field, _ in fields) for kind, fields in INLINE.items()},
    _BALANCER: ("inboundNatRules", "backendAddressPools"),
}
"""What stands inside a resource and is changed by requests of its own too."""


@record
class Recorded:
    """What a session shows. `left` is what it names and does not tell, each with the reason; `unused` as in a template's.

    `count` is the number of its requests; `full` says that it shows more than anybody reads (`MOST`).
    """

    resources: tuple[Resource, ...] = ()
    symbols: tuple[str, ...] = ()
    left: tuple[tuple[str, str, Span | None], ...] = ()
    unused: tuple[str, ...] = ()
    count: int = 0
    full: bool = False


@record
class _Exchange:
    """A request with its answer; `path` is the address from the subscription on, without what is asked after a `?`."""

    method: str
    path: str
    status: int
    sent: Value | None
    got: Value | None
    span: Span | None


# -- Requests and answers -----------------------------------------------------------------------------------------------


def is_recording(value: Value) -> bool:
    """Whether a file holds recorded requests."""
    every = _listed(value)
    return bool(every) and all(_first(one, _METHOD) is not None and _first(one, _ADDRESS) is not None for one in every)


def _listed(value: Value) -> tuple[Value, ...]:
    return next((found.items for path in _EXCHANGES if (found := value.at(*path)) is not None), ())


def _first(value: Value, paths: tuple[tuple[str, ...], ...]) -> Value | None:
    found = (value.at(*path) for path in paths)
    return next((one for one in found if one is not None and one.plain is not None), None)


def _exchanges(value: Value, budget: Budget) -> list[_Exchange]:
    return [_exchange(one, budget) for one in _listed(value)]


def _exchange(one: Value, budget: Budget) -> _Exchange:
    method, address, status = _first(one, _METHOD), _first(one, _ADDRESS), _first(one, _STATUS)
    text = (address.text or "") if address is not None else ""
    start = max(text.casefold().find("/subscriptions/"), 0)
    return _Exchange(
        method=((method.text or "") if method is not None else "").upper(),
        path=text[start:].partition("?")[0].rstrip("/"),
        status=whole(status) or 200,
        sent=_body(_first(one, _SENT), budget),
        got=_body(_first(one, _GOT), budget),
        span=(address.span if address is not None else None) or one.span,
    )


def _body(value: Value | None, budget: Budget) -> Value | None:
    """A body; some recorders keep it as a text."""
    if value is None or value.text is None:
        return value
    if not value.text.lstrip("\ufeff \r\n\t").startswith(("{", "[")):
        return None
    found = json_text.parse_inside(value, budget)
    return None if isinstance(found, Diagnostic) else found


# -- The session --------------------------------------------------------------------------------------------------------


def read(value: Value, name: str, settings: Mapping[str, str], folder: Path, budget: Budget) -> Recorded:
    """The resources as the session leaves them. `settings` and `folder` are for the templates that it deploys.

    `name` is what a route table is called that nothing but an answer shows.
    """
    session = _Session(settings, folder, budget)
    every = _exchanges(value, budget)
    for one in every:
        if len(session.state) < MOST:
            session.follow(one)
    answers = () if session.state else tuple(_of_answers(every, name))
    resources = (*session.state.values(), *answers)
    symbols = (symbol.name for one in resources for symbol in one.body.symbols())
    return Recorded(
        resources=resources,
        symbols=tuple(dict.fromkeys(symbols)),
        left=tuple(dict.fromkeys(session.left)),
        unused=tuple(session.unused),
        count=len(every),
        full=len(session.state) >= MOST,
    )


def _of_answers(every: list[_Exchange], name: str) -> Iterator[Resource]:
    """What answers about effective rules and routes tell, where a session shows no resource at all."""
    for one in every:
        if one.got is not None and one.status < 400:
            yield from effective.resources(one.got, name)


class _Session:
    """The resources so far, by their ids in lower case."""

    def __init__(self, settings: Mapping[str, str], folder: Path, budget: Budget) -> None:
        self.settings = settings
        self.budget = budget
        self.folder = folder
        self.state: dict[str, Resource] = {}
        self._below: dict[str, dict[str, None]] = defaultdict(dict)  # the keys below each path; some are gone
        self.left: list[tuple[str, str, Span | None]] = []
        self.unused = list(settings)

    def follow(self, one: _Exchange) -> None:
        """What one exchange changes or shows."""
        gone = one.method in ("GET", "DELETE") if one.status == 404 else one.method == "DELETE" and one.status < 400
        if gone:
            self._drop(one.path.casefold())
        elif one.status >= 400:
            pass
        elif one.method == "PUT" and _kind_of(one.path) == _DEPLOYMENT:
            self._deploy(one)
        elif one.method in ("GET", "PUT", "PATCH", "POST"):
            self._show(one)

    def _put(self, one: Resource) -> None:
        key = (one.id or f"{one.kind}/{one.name}").casefold()
        self.state[key] = one
        for path in _paths(key):
            self._below[path][key] = None

    def _drop(self, path: str) -> None:
        """A resource is gone, and with it all that is inside it; so is all that is in a resource group."""
        for key in list(self._below.pop(path, ())):
            self.state.pop(key, None)

    # -- Resources ------------------------------------------------------------------------------------------------------

    def _show(self, one: _Exchange) -> None:
        """The resources of an answer; of a request to make one where the answer does not show it."""
        kind, shown = _kind_of(one.path), [] if one.got is None else [*azure_json.resources(one.got)]
        for each in shown:
            self._keep(each)
        if one.got is not None:
            self._observe(one.got)
        if not shown and one.method == "PUT" and _is_network(kind):
            body = one.got if one.got is not None and one.got.get("properties") is not None else one.sent
            if body is not None:
                self._keep(_sent_as(one, body))
        if not shown and one.method == "PATCH" and _is_network(kind):
            self.left.append((f"a change of {last(one.path)}", "its answer is not recorded", one.span))

    def _keep(self, one: Resource) -> None:
        """A resource as it is from now on, with its parts each on its own."""
        if one.id is None or not _is_network(one.kind.casefold()):
            return
        if _state_of(one) == "deleting":
            self._drop(one.id.casefold())
            return
        fields: list[str] = []
        for field in _PARTS.get(one.kind.casefold(), ()):
            found = prop(one.properties, field)
            if found is not None and isinstance(found.plain, tuple) and not any(each.symbol for each in found.items):
                self._drop(f"{one.id}/{field}".casefold())
                fields.append(field)
        parts = [each for each in _parts(one, fields) if not each.existing]
        for each in (replace(one, properties=_without(one.properties, fields)), *parts):
            self._put(each)

    def _deploy(self, one: _Exchange) -> None:
        """The resources of a template that is deployed."""
        sent = one.sent or Value(plain={})
        content = sent.at("properties", "template") or sent
        if content.get("resources") is None:
            self.left.append((f"deployment {last(one.path)}", "its template is not recorded", one.span))
            return
        given = sent.at("properties", "parameters")
        found = template.evaluate(content, given, self.settings, self.folder, target=_target(one.path), budget=self.budget)
        self.unused = [name for name in self.unused if name in found.unused]
        if found.problems:
            self.left.append((f"deployment {last(one.path)}", found.problems[0].message, one.span))
        self.left.extend((note.what, note.why, note.span) for note in found.notes)
        for each in found.resources:
            if each.existing:
                if (each.id or f"{each.kind}/{each.name}").casefold() not in self.state:
                    self._put(each)
            else:
                self._keep(each)

    # -- What answers show beside it ------------------------------------------------------------------------------------

    def _observe(self, got: Value) -> None:
        """NSGs that only a question about a machine or a picture of the network shows, and where they are attached."""
        for here, group in _attached(got):
            self._attach(here, group)
        groups = [each for each in effective.resources(got, "") if each.kind.casefold().startswith(_GROUP)]
        for each in groups:
            whole = self.state.get((each.id or "").casefold().partition("/securityrules/")[0])
            if whole is None or whole.existing:
                self._put(replace(each, properties=_without(each.properties, ["securityRules"])))

    def _attach(self, here: Value, group: Value) -> None:
        key = (here.text or "").casefold().rstrip("/")
        one = self.state.get(key)
        if one is None or one.kind.casefold() not in (_SUBNET, _NIC) or refers(prop(one.properties, "networkSecurityGroup")):
            return
        content = dict(one.properties.plain) if isinstance(one.properties.plain, Mapping) else {}
        content["networkSecurityGroup"] = Value(plain={"id": group}, span=group.span)
        self.state[key] = replace(one, properties=Value(plain=content, span=one.properties.span))


# -- Parts of it --------------------------------------------------------------------------------------------------------


def _paths(key: str) -> Iterator[str]:
    """A path and all that it is below of."""
    at = len(key)
    while at > 0:
        yield key[:at]
        at = key.rfind("/", 0, at)


def _kind_of(path: str) -> str:
    key = key_of_id(path)
    return key[0] if key is not None else ""


def _is_network(kind: str) -> bool:
    """Whether resources of a type may be a part of a network: no deployments, and nothing that a region offers."""
    return "/" in kind and not kind.startswith(_NO_NETWORK) and "/locations" not in kind


def _sent_as(one: _Exchange, sent: Value) -> Resource:
    """The resource that a request makes, where its answer does not show it."""
    pieces = one.path.rpartition("/providers/")[2].split("/")
    nested = sent.get("properties")
    return Resource(
        kind="/".join((pieces[0], *pieces[1::2])),
        name="/".join(pieces[2::2]),
        id=one.path,
        location=(sent.get("location") or sent).text,
        properties=nested if nested is not None and isinstance(nested.plain, Mapping) else sent,
        body=sent,
        span=one.span,
    )


def _state_of(one: Resource) -> str:
    found = prop(one.properties, "provisioningState")
    return (found.text or "").casefold() if found is not None else ""


def _parts(one: Resource, fields: list[str]) -> Iterator[Resource]:
    """What stands inside a resource, each as a resource of its own."""
    if one.kind.casefold() != _BALANCER:
        yield from list(with_children([one]))[1:]
        return
    for field in fields:
        for each in (prop(one.properties, field) or Value(plain=())).items:
            named = each.get("name")
            if named is not None and named.text:
                yield replace(
                    one,
                    kind=f"{one.kind}/{field}",
                    name=f"{one.name}/{named.text}",
                    id=f"{one.id}/{field}/{named.text}",
                    properties=each.get("properties") or each,
                    body=each,
                    span=named.span,
                )


def _without(content: Value, fields: list[str]) -> Value:
    lower = {field.casefold() for field in fields}
    members = content.plain if isinstance(content.plain, Mapping) else {}
    return Value(plain={name: one for name, one in members.items() if name.casefold() not in lower}, span=content.span)


def _target(path: str) -> Target:
    """Where a deployment puts what it makes, by its id."""
    pieces = path.strip("/").split("/")
    lower = [one.casefold() for one in pieces]
    subscription = pieces[lower.index("subscriptions") + 1] if "subscriptions" in lower[:-1] else ""
    if "resourcegroups" in lower[:-1]:
        return Target(subscription=subscription, group=pieces[lower.index("resourcegroups") + 1])
    return Target(level="subscription", subscription=subscription) if subscription else Target(level="tenant")


def _attached(got: Value) -> Iterator[tuple[Value, Value]]:
    """Which NSG is on which subnet or interface, as Azure's pictures of a network say: the ids of both."""
    for one in (got.get("resources") or Value(plain=())).items:
        for link in (one.get("associations") or Value(plain=())).items:
            here, there = one.get("id"), link.get("resourceId")
            if here is not None and there is not None and _kind_of(there.text or "") == _GROUP:
                yield here, there
    for view in (got.get("networkInterfaces") or Value(plain=())).items:
        for name in ("networkInterfaceAssociation", "subnetAssociation"):
            place = view.at("securityRuleAssociations", name) or Value(plain={})
            here = place.get("id")
            rules = (place.get("securityRules") or Value(plain=())).items
            for rule in rules[:1]:
                text = reference_text(rule) or ""
                start = text.casefold().rfind("/securityrules/")
                if here is not None and start >= 0:
                    yield here, Value(plain=text[:start], span=rule.span)
    for one in (got.get("value") or Value(plain=())).items:
        group, association = one.at("networkSecurityGroup", "id"), one.get("association")
        if group is not None and association is not None and one.get("effectiveSecurityRules") is not None:
            places = [found for name in ("networkInterface", "subnet") if (found := association.at(name, "id")) is not None]
            if len(places) == 1:
                yield places[0], group
