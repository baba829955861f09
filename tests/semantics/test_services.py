"""Platform services and the private endpoints that lead to them, as written."""

from __future__ import annotations

import pytest

from asever.model.addresses import format_addresses, parse_address
from asever.model.claims import EndpointKind, Reachability
from tests.semantics.programs import ENVIRONMENT, NET, checks, codes, marked, network, problem


def test_a_platform_service_with_everything():
    made = network(
        ENVIRONMENT + "platform-service db {\n  service Microsoft.Sql\n  address 40.1.2.3\n  allows e.subnet, v/b, e.vip\n}\n"
    )
    db = made.platform_services["db"]
    assert (db.service, db.address) == ("Sql", parse_address("40.1.2.3"))
    assert db.allows is not None
    assert [(one.subnet, format_addresses(one.term.addresses)) for one in db.allows] == [
        ("v/a", "10.0.1.0/24"),
        ("v/b", "10.0.2.0/24"),
        (None, "40.1.1.1"),
    ]


def test_without_a_list_everybody_is_admitted():
    assert network(NET + "platform-service db { service Sql.WestEurope }").platform_services["db"].allows is None


@pytest.mark.parametrize(("to", "expected"), [("db", "db"), ("Sql", "Sql"), ("sql", "Sql")])
def test_a_private_endpoint_leads_to_a_service_or_to_one_resource_of_it(to: str, expected: str):
    made = network(NET + f"platform-service db {{ service Sql }}\nprivate-endpoint p {{ subnet v/a  ip 10.0.1.9  to {to} }}")
    assert made.private_endpoints["p"].to == expected


def test_a_platform_service_is_the_object_of_a_check():
    text = NET + "vm x { subnet v/a  ip 10.0.1.4 }\nplatform-service db { service Sql }\ncheck x reaches db on tcp 1433"
    (one,) = checks(text)
    assert isinstance(one.claim, Reachability)
    assert (one.claim.target.kind, one.claim.target.name) == (EndpointKind.PLATFORM_SERVICE, "db")


@pytest.mark.parametrize("subject", ["db", "p"])
def test_what_only_answers_is_no_caller(subject: str):
    text = NET + "vm x { subnet v/a  ip 10.0.1.4 }\nplatform-service db { service Sql }\n"
    text += "private-endpoint p { subnet v/a  ip 10.0.1.9  to db }\n"
    (one,) = checks(text + f"check {subject} reaches x")
    assert isinstance(one.claim, Reachability)  # what it covers, nothing, is said when it is asked


@pytest.mark.parametrize(
    ("body", "code", "at"),
    [
        ("service Sqql", "unknown-word", "Sqql"),
        ("service Sql  allows v", "wrong-kind", "v"),
        ("service Sql  address 10.0.1.4", "not-public", "10.0.1.4"),
        ("service Sql  allows nobody", "unknown-name", "nobody"),
        ("service Sql, Storage", "one-value", "Storage"),
    ],
)
def test_what_is_wrong_with_a_platform_service(body: str, code: str, at: str):
    found = problem(NET + f"platform-service db {{ {body} }}")
    assert (found.code, marked(found)) == (code, at)


def test_a_platform_service_needs_its_service():
    assert codes(NET + "platform-service db { address 40.1.2.3 }") == ["missing-attribute"]
