"""Template functions give what Azure's reference says; what they cannot know is a symbol named after the call."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asever.importers.arm.evaluator import AT_DEPLOYMENT, AWARE, STRICT
from asever.importers.arm.special import SPECIAL
from tests.importers.arm import evaluated, nsg, plain, template, value_of

GROUP = "/subscriptions/{subscription().subscriptionId}/resourceGroups/{resourceGroup().name}"
NETWORK = "Microsoft.Network/virtualNetworks"

STRINGS = [
    ("[concat('a', 'b', 1)]", "ab1"),
    ("[concat(createArray(1), createArray(2, 3))]", [1, 2, 3]),
    ("[format('{0}-{1:D3}-{{x}}', 'a', 7)]", "a-007-{x}"),
    ("[toLower('AbC')]", "abc"),
    ("[toUpper('AbC')]", "ABC"),
    ("[replace('10.0.0.0', '.', '-')]", "10-0-0-0"),
    ("[split('a,b;c', createArray(',', ';'))]", ["a", "b", "c"]),
    ("[join(createArray('a', 'b'), '/')]", "a/b"),
    ("[substring('network', 3, 4)]", "work"),
    ("[trim('  a ')]", "a"),
    ("[padLeft('7', 3, '0')]", "007"),
    ("[startsWith('Subnet', 'sub')]", True),
    ("[endsWith('Subnet', 'NET')]", True),
    ("[indexOf('Subnet', 'N')]", 3),
    ("[lastIndexOf('a.b.c', '.')]", 3),
    ("[string(createObject('a', createArray(1, true())))]", '{"a":[1,true]}'),
    ("[base64ToString(base64('ä'))]", "ä"),
    ("[dataUriToString(dataUri('x'))]", "x"),
    ("[uriComponentToString(uriComponent('a b/c'))]", "a b/c"),
    ("[uri('https://x.org/folder/azuredeploy.json', 'nested/a.json')]", "https://x.org/folder/nested/a.json"),
    ("[uri('https://x.org/folder/', 'nested/a.json')]", "https://x.org/folder/nested/a.json"),
    ("[take('subnet', 3)]", "sub"),
    ("[skip('subnet', 3)]", "net"),
    ("[first('ab')]", "a"),
    ("[last('ab')]", "b"),
    ("[length('abc')]", 3),
    ("[empty('')]", True),
    ("[contains('subnet', 'net')]", True),
    ("[contains('subnet', 'NET')]", False),
    ("it''s '", "it''s '"),
    ("['it''s']", "it's"),
    ("[[literal]", "[literal]"),
    ("[open", "[open"),
]
NUMBERS = [
    ("[add(2, sub(7, 3))]", 6),
    ("[mul(3, -4)]", -12),
    ("[div(-7, 2)]", -3),
    ("[mod(-7, 2)]", -1),
    ("[min(3, 1, 2)]", 1),
    ("[max(createArray(3, 1, 2))]", 3),
    ("[int('42')]", 42),
    ("[float('1.5')]", 1.5),
    ("[range(3, 3)]", [3, 4, 5]),
]
COLLECTIONS = [
    ("[array('a')]", ["a"]),
    ("[createObject('a', 1).a]", 1),
    ("[createArray('a', 'b')[1]]", "b"),
    ("[createObject('a-b', 2)['a-b']]", 2),
    ("[union(createArray(1, 2), createArray(2, 3, 1))]", [1, 2, 3]),
    (
        '[union(json(\'{"a":{"x":1},"b":[1]}\'), json(\'{"a":{"y":2},"b":[2]}\'))]',
        {"a": {"x": 1, "y": 2}, "b": [2]},
    ),
    ('[shallowMerge(createArray(json(\'{"a":{"x":1}}\'), json(\'{"a":{"y":2}}\')))]', {"a": {"y": 2}}),
    ("[intersection(createArray(1, 2, 3), createArray(3, 2))]", [2, 3]),
    ('[intersection(json(\'{"a":1,"b":2}\'), json(\'{"a":1,"b":3}\'))]', {"a": 1}),
    ("[flatten(createArray(createArray(1), createArray(2, 3)))]", [1, 2, 3]),
    ('[items(json(\'{"b":2,"a":1}\'))[0].key]', "a"),
    ('[objectKeys(json(\'{"b":2,"a":1}\'))]', ["b", "a"]),
    ("[contains(json('{\"Name\":1}'), 'name')]", True),
    ("[contains(createArray(1, 2), 2)]", True),
    ("[tryGet(json('{\"a\":[{\"b\":1}]}'), 'a', 0, 'b')]", 1),
    ("[tryGet(json('{\"a\":1}'), 'b')]", None),
    ("[tryIndexFromEnd(createArray(1, 2), 3)]", None),
    ("[indexFromEnd(createArray(1, 2), 1)]", 2),
    ("[last(range(0, 3))]", 2),
    ("[indexOf(createArray('a', 'b'), 'b')]", 1),
    ("[empty(createArray())]", True),
]
LAMBDAS = [
    ("[map(range(1, 3), lambda('x', mul(lambdaVariables('x'), 10)))]", [10, 20, 30]),
    (
        "[map(createArray('a', 'b'), lambda('x', 'i', format('{0}{1}', lambdaVariables('x'), lambdaVariables('i'))))]",
        ["a0", "b1"],
    ),
    ("[filter(range(0, 5), lambda('x', greater(lambdaVariables('x'), 2)))]", [3, 4]),
    ("[reduce(range(1, 4), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))]", 10),
    ("[sort(createArray(2, 3, 1), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]", [1, 2, 3]),
    ("[toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', 1))]", {"a": 1, "b": 1}),
    ("[groupBy(createArray('ab', 'ac', 'b'), lambda('x', first(lambdaVariables('x'))))]", {"a": ["ab", "ac"], "b": ["b"]}),
    ("[mapValues(json('{\"a\":1}'), lambda('x', add(lambdaVariables('x'), 1)))]", {"a": 2}),
]
LOGIC = [
    ("[if(equals('a', 'a'), 'yes', variables('nowhere'))]", "yes"),
    ("[equals('a', 'A')]", False),
    ("[equals(1, true())]", False),
    ("[equals(createArray(1), createArray(1))]", True),
    ("[and(true(), bool('false'))]", False),
    ("[or(false(), true())]", True),
    ("[not(false())]", True),
    ("[less('a', 'b')]", True),
    ("[greaterOrEquals(2, 2)]", True),
    ("[coalesce(null(), '', 'x')]", ""),
]
ADDRESSES = [
    ("[cidrSubnet('10.144.0.0/20', 24, 3)]", "10.144.3.0/24"),
    ("[cidrSubnet('fd00:10::/48', 64, 1)]", "fd00:10:0:1::/64"),
    ("[cidrHost('10.144.3.0/24', 0)]", "10.144.3.1"),
    ("[cidrHost('10.144.3.0/24', 253)]", "10.144.3.254"),
    ("[parseCidr('10.144.3.7/20').broadcast]", "10.144.15.255"),
    ("[parseCidr('10.144.3.7/20').lastUsable]", "10.144.15.254"),
]
DATES = [
    ("[dateTimeAdd('2024-01-31T00:00:00Z', 'P1DT2H', 'yyyy-MM-dd HH')]", "2024-02-01 02"),
    ("[dateTimeToEpoch('1970-01-02T00:00:00Z')]", 86400),
    ("[dateTimeFromEpoch(86400)]", "1970-01-02T00:00:00Z"),
]
RESOURCES = [
    (f"[resourceId('{NETWORK}/subnets', 'v', 's')]", f"{GROUP}/providers/{NETWORK}/v/subnets/s"),
    (
        f"[resourceId('other', '{NETWORK}', 'v')]",
        f"/subscriptions/{{subscription().subscriptionId}}/resourceGroups/other/providers/{NETWORK}/v",
    ),
    (f"[resourceId('sub', 'other', '{NETWORK}', 'v')]", f"/subscriptions/sub/resourceGroups/other/providers/{NETWORK}/v"),
    (f"[subscriptionResourceId('sub', '{NETWORK}', 'v')]", f"/subscriptions/sub/providers/{NETWORK}/v"),
    (f"[tenantResourceId('{NETWORK}', 'v')]", f"/providers/{NETWORK}/v"),
    (
        "[managementGroupResourceId('Microsoft.Authorization/policyDefinitions', 'p')]",
        "/providers/Microsoft.Management/managementGroups/{managementGroup().name}/providers/Microsoft.Authorization/policyDefinitions/p",
    ),
    (
        "[extensionResourceId(resourceGroup().id, 'Microsoft.Authorization/locks', 'l')]",
        f"{GROUP}/providers/Microsoft.Authorization/locks/l",
    ),
    (f"[last(split(resourceId('{NETWORK}', parameters('free')), '/'))]", "<parameter free>"),
    (f"[split(resourceId('{NETWORK}', 'v'), '/')[8]]", "v"),
    ("[environment().suffixes.storage]", "core.windows.net"),
]
SYMBOLS = [
    ("[parameters('free')]", "<parameter free>"),
    ("[concat('a-', parameters('free'))]", "<a-{parameter free}>"),
    ("[utcNow('u')]", "<utcNow('u')>"),
    ("[uniqueString(resourceGroup().id)]", "<uniqueString(resourceGroup().id)>"),
    ("[reference('vip').ipAddress]", "<reference(vip).ipAddress>"),
    (f"[listKeys(resourceId('{NETWORK}', 'v'), '2023-01-01').keys[0].value]", "<listKeys(v).keys[0].value>"),
    ("[add(parameters('free'), 1)]", "<add(parameter free, 1)>"),
    ("[if(parameters('free'), 'a', 'a')]", "a"),
    ("[and(parameters('free'), false())]", False),
    ("[or(parameters('free'), true())]", True),
    ("[equals(parameters('free'), parameters('free'))]", True),
    ("[equals(parameters('free'), 'x')]", "<equals(parameter free, 'x')>"),
    ("[equals(newGuid(), newGuid())]", "<equals(newGuid() 1, newGuid() 2)>"),
    ("[empty(concat('a', parameters('free')))]", False),
    ("[contains(createArray('a', parameters('free')), 'a')]", True),
    ("[filter(parameters('free'), lambda('x', true()))]", "<filter(parameter free, lambda('x', true()))>"),
    ("[json(concat('{\"a\": \"', parameters('free'), '\"}')).a]", "<parameter free>"),
    ("[cloudOfTomorrow('x')]", "<cloudOfTomorrow('x')>"),
    ("[substring('abc', 2, 5)]", "<substring('abc', 2, 5)>"),
]


@pytest.mark.parametrize(
    ("expression", "value"),
    [*STRINGS, *NUMBERS, *COLLECTIONS, *LAMBDAS, *LOGIC, *ADDRESSES, *DATES, *RESOURCES, *SYMBOLS],
)
def test_a_function_gives_what_azure_says(expression, value):
    assert value_of(expression, parameters={"free": {"type": "string"}}) == value


@pytest.mark.parametrize("expression", ["[cloudOfTomorrow('x')]", "[substring('abc', 2, 5)]", "[div(1, 0)]", "[fail('no')]"])
def test_what_cannot_be_computed_is_noted_with_its_place(expression):
    note = evaluated(template(nsg(it=expression))).notes[0]

    assert note.why
    assert note.span.text == f'"{expression}"'


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("[concat('a']", "`)` is missing here"),
        ("[concat('a') 'b']", "the expression is complete, and something follows it"),
        ("[concat]", "`concat` is no call: a function's name is followed by `(`"),
        ("[]", "a call, a text or a number should stand here"),
        ("[" + "not(" * 500 + "true()" + ")" * 500 + "]", "calls stand inside each other too deeply"),
    ],
)
def test_an_expression_that_cannot_be_read_is_named(expression, message):
    problem = evaluated(template(nsg(it=expression))).problems[0]

    assert (problem.code, problem.primary.text) == ("template-expression", message)


WORDS = sorted({*STRICT, *AWARE, *AT_DEPLOYMENT, *SPECIAL, "lambda", "listKeys", "unheardOf"})
LEAVES = st.sampled_from(
    [
        "'a'",
        "''",
        "'10.0.0.0/8'",
        "'x'",
        "0",
        "1",
        "-3",
        "true()",
        "null()",
        "parameters('free')",
        "createArray(1, 'a')",
        "'free'",
        "createObject('a', 1)",
        f"'{NETWORK}'",
        "lambdaVariables('x')",
        "utcNow()",
        "resourceGroup().id",
        "lambda('x', 1)",
    ]
)
CALLS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda name, arguments, tail: f"{name}({', '.join(arguments)}){tail}",
        st.sampled_from(WORDS),
        st.lists(inner, max_size=4),
        st.sampled_from(["", "", "", ".a", "[0]", "['x']"]),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(CALLS)
def test_no_expression_crashes(expression):
    result = evaluated(template(nsg(it=f"[{expression}]"), parameters={"free": {"type": "string"}}))

    assert result.resources or result.problems


@settings(deadline=None)
@given(st.text(alphabet="[]().,'a10? concat", max_size=30))
def test_no_text_in_brackets_crashes(text):
    result = evaluated(template(nsg(it=f"[{text}]")))

    assert [plain(one.properties) for one in result.resources] or result.problems
