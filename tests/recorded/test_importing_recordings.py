"""The recorded sessions import as they stand: the importer makes of them the network that the reader of recordings does.

The reader was written for the recordings and shares no code with the importer, so each is a check of the other; the verdicts
of Azure that the reader's network gives are the importer's too.
"""

import json

import pytest

from asever.semantics.loading import load_program
from tests.recorded.reader import recorded
from tests.recorded.sessions import ABSENT, CORPUS, sessions
from tests.recorded.state import _NESTED, state_at

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)
OTHERS = ("virtualmachines", "virtualmachines/extensions")  # the reader calls machines by their interfaces


def imported(session, seq, folder):
    """The network of a session at one moment, through the importer."""
    found = []
    for one in state_at(session, seq).values():
        provider = one.id.rpartition("/providers/")[2].partition("/")[0]
        if one.kind in OTHERS:
            continue
        body = {key: value for key, value in one.body.items() if key not in _NESTED.get(one.kind, ())}
        found.append({**body, "id": one.id, "name": one.name, "type": f"{provider}/{one.kind}"})
    (folder / "session.json").write_text(json.dumps({"value": found}), encoding="utf-8")
    program, diagnostics = load_program(folder / "spec.asev", text='import "session.json"\n')
    assert program is not None, [one.message for one in diagnostics]
    return program.network


def rules(group):
    return [
        [
            (
                one.name,
                one.priority,
                one.access,
                one.protocol,
                one.source_port,
                one.target_port,
                frozenset(
                    (term.text.casefold(), term.addresses) if not term.addresses else term.addresses for term in one.sources
                ),
                frozenset(
                    (term.text.casefold(), term.addresses) if not term.addresses else term.addresses for term in one.targets
                ),
            )
            for one in direction
        ]
        for direction in (group.inbound, group.outbound)
    ]


def routes(table):
    return {(one.name, one.prefix, one.hop, one.appliance) for one in table.routes}


@pytest.mark.parametrize("session", list(sessions()), ids=lambda one: one.name)
def test_the_importer_makes_the_network_that_the_reader_does(session, tmp_path):
    shown = [seq for seq in sorted({one.seq for one in session.verdicts}) if state_at(session, seq)]
    if not shown:
        pytest.skip("the session has verdicts, and nothing of the network")
    for seq in shown:
        theirs, ours = recorded(session, seq).network, imported(session, seq, tmp_path)
        # What the reader completes by observation the recording itself does not hold.
        for name in theirs.groups.keys() & ours.groups.keys():
            if theirs.groups[name].inbound or ours.groups[name].inbound:
                assert rules(ours.groups[name]) == rules(theirs.groups[name]), name
        for name in theirs.route_tables.keys() & ours.route_tables.keys():
            assert routes(ours.route_tables[name]) == routes(theirs.route_tables[name]), name
        for name in theirs.vnets.keys() & ours.vnets.keys():
            if not any(guess.of == f"vnet `{name}`" for guess in ours.guesses):
                assert ours.vnets[name].address == theirs.vnets[name].address, name
        for name in theirs.subnets.keys() & ours.subnets.keys():
            one, other = ours.subnets[name], theirs.subnets[name]
            assert (one.prefixes, one.route_table) == (other.prefixes, other.route_table), name
            assert one.nsg == other.nsg or other.nsg not in ours.groups, name
        for name in theirs.machines.keys() & ours.machines.keys():
            one, other = ours.machines[name], theirs.machines[name]
            assert (one.subnet, one.nsg, set(one.asgs)) == (other.subnet, other.nsg, set(other.asgs)), name
            assert one.ip_forwarding == other.ip_forwarding, name
            if not any(guess.of == f"{name}.ip" for guess in ours.guesses):
                assert set(one.addresses) == set(other.addresses), name
        assert theirs.machines.keys() <= ours.machines.keys() or theirs.subnets.keys() - ours.subnets.keys()
