"""The resources that a session shows at one moment: what was put, read and deleted up to then, each by its id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from asever.record import record
from tests.recorded.sessions import Body, Exchange, Session, path_of

NETWORK = "/providers/microsoft.network/"
# Lists inside a resource whose members are resources themselves.
_NESTED = {
    "virtualnetworks": ("subnets", "virtualnetworkpeerings"),
    "networksecuritygroups": ("securityrules",),
    "routetables": ("routes",),
}


@record
class Resource:
    """A resource. `kind` is its type without the provider (`virtualnetworks/subnets`), in lower case as `id` is."""

    id: str
    kind: str
    name: str
    body: Body


State = dict[str, Resource]


def state_at(session: Session, seq: int) -> State:
    """What the session shows of Azure's resources when it sends request `seq`."""
    state: State = {}
    for one in session.exchanges:
        if one.seq > seq or one.status >= 400:
            continue
        if one.method == "DELETE":
            for gone in [each for each in state if each == one.path or each.startswith(f"{one.path}/")]:
                del state[gone]
        elif one.method in ("GET", "PUT", "PATCH"):
            for each in _shown(one):
                _keep(state, each)
    return state


def of_kind(state: State, kind: str) -> Iterator[Resource]:
    """The resources of one kind."""
    return (one for one in state.values() if one.kind == kind)


def children(state: State, parent: Resource, kind: str) -> Iterator[Resource]:
    """The resources of one kind inside another."""
    return (one for one in of_kind(state, f"{parent.kind}/{kind}") if one.id.startswith(f"{parent.id}/"))


def id_of(reference: Any) -> str | None:
    """The id in `{"id": …}`, or the id itself."""
    text = reference.get("id") if isinstance(reference, dict) else reference
    return path_of(text) if isinstance(text, str) and text else None


def parent_of(identity: str) -> str:
    """The id of the resource that this one is inside."""
    return identity.rsplit("/", 2)[0]


def last(identity: str) -> str:
    """The last name in an id."""
    return identity.rsplit("/", 1)[-1]


def resource(identity: str, content: Body) -> Resource | None:
    """A resource of the network provider (or a machine); None for anything else."""
    provider, _, rest = path_of(identity).rpartition("/providers/")
    parts = rest.split("/")
    if not provider or len(parts) < 3 or len(parts) % 2 == 0 or parts[0] not in ("microsoft.network", "microsoft.compute"):
        return None
    name = content.get("name") if isinstance(content.get("name"), str) else None
    return Resource(
        id=path_of(identity),
        kind="/".join(parts[1::2]),
        name=last(name) if name and last(name).casefold() == parts[-1] else parts[-1],
        body=content,
    )


def _shown(one: Exchange) -> Iterator[Resource]:
    if "/providers/microsoft.resources/deployments/" in one.path:
        yield from _deployed(one)
        return
    listed = one.answer.get("value") if isinstance(one.answer, dict) else None
    if isinstance(listed, list):
        bodies = [(each["id"], each) for each in listed if isinstance(each, dict) and isinstance(each.get("id"), str)]
    elif _is_resource(one.answer):
        bodies = [(one.answer.get("id") or one.path, one.answer)]
    elif one.method == "PUT" and isinstance(one.request, dict):
        bodies = [(one.path, one.request)]
    else:
        return
    yield from (found for identity, content in bodies if (found := resource(identity, content)) is not None)


def _is_resource(answer: Any) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("name"), str) and "error" not in answer


def _deployed(one: Exchange) -> Iterator[Resource]:
    """The resources of a deployed template, as far as their names are written out."""
    request = one.request if isinstance(one.request, dict) else {}
    template = request.get("template") if isinstance(request.get("template"), dict) else request
    scope = one.path.partition("/providers/")[0]
    for each in template.get("resources") or ():
        name, kind = str(each.get("name", "[")), str(each.get("type", ""))
        if "[" in name or "/" not in kind:
            continue
        provider, *kinds = kind.split("/")
        pairs = zip(kinds, name.split("/"), strict=False)
        found = resource(f"{scope}/providers/{provider}/" + "/".join(f"{a}/{b}" for a, b in pairs), each)
        if found is not None:
            yield found


def _keep(state: State, one: Resource) -> None:
    state[one.id] = one
    for kind in _NESTED.get(one.kind, ()):
        members = one.body.get(kind)
        if not isinstance(members, list):
            continue
        for gone in [each.id for each in children(state, one, kind)]:
            del state[gone]
        for member in _named(members):
            inner = resource(member.get("id") or f"{one.id}/{kind}/{member['name']}", member)
            if inner is not None:
                state[inner.id] = inner


def _named(members: Iterable[Any]) -> Iterator[Body]:
    return (one for one in members if isinstance(one, dict) and isinstance(one.get("name"), str))
