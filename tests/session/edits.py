"""Random edits of a specification, as people make them, always the same for the same seed."""

from __future__ import annotations

import re

RULE = re.compile(r"^\s*(?P<priority>\d+)\s+(?:\"[^\"\n]*\"\s+)?(?:allow|deny)\b.*$")


def edited(text, chance):
    """The text after one edit; the same text if it has nothing for the edit to change."""
    return chance.choice(EDITS)(text, chance)


def _lines(text, wanted):
    lines = text.split("\n")
    return lines, [index for index, line in enumerate(lines) if wanted(line)]


def _rules(text):
    return _lines(text, RULE.match)


def _on_a_rule(change):
    def edit(text, chance):
        lines, rules = _rules(text)
        if rules:
            at = chance.choice(rules)
            changed = change(lines[at], chance)
            lines[at : at + 1] = [changed] if isinstance(changed, str) else changed
        return "\n".join(lines)

    return edit


def _port(line, chance):
    new = str(chance.choice((22, 80, 443, 1433, 8080, "1000-2000", "80, 443")))
    return re.sub(r"port [\d, -]*\d", f"port {new}", line, count=1)


def _access(line, _):
    return re.sub(r"\b(allow|deny)\b", lambda found: {"allow": "deny", "deny": "allow"}[found[1]], line, count=1)


def _priority(line, chance):
    return re.sub(r"\d+", str(chance.randrange(100, 4097)), line, count=1)


def _protocol(line, chance):
    return re.sub(r"\b(tcp|udp)\b", chance.choice(("tcp", "udp")), line, count=1)


def _source(line, chance):
    source = chance.choice(("*", "Internet", "VirtualNetwork", "10.0.1.0/24", "10.0.0.0/8", "192.23.1.2", "Storage"))
    return re.sub(r"from \S+ to", f"from {source} to", line, count=1)


def _another(line, chance):
    return [line, _port(_priority(line, chance), chance)]


def _word(pattern, replacements):
    def edit(text, chance):
        found = list(re.finditer(pattern, text))
        if not found:
            return text
        one = chance.choice(found)
        return text[: one.start()] + chance.choice(replacements)(one[0], chance) + text[one.end() :]

    return edit


def _rename(text, chance):
    names = re.findall(r"\bsubnet ([a-z][\w-]*)\s*\{", text)
    if not names:
        return text
    name = chance.choice(names)
    return re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", f"{name}-x", text)


def _octet(address, chance):
    return re.sub(r"\.\d+(?=$|/)", f".{chance.choice((0, 4, 5, 9, 64, 128))}", address)


def _line(change):
    def edit(text, chance):
        lines = text.split("\n")
        change(lines, chance.randrange(len(lines)), chance)
        return "\n".join(lines)

    return edit


def _comment(lines, at, _):
    lines.insert(at, "// a remark")


def _blank(lines, _, chance):
    lines[0:0] = [""] * chance.randrange(1, 4)


def _check_again(text, chance):
    lines, checks = _lines(text, lambda line: line.startswith("check "))
    if checks:
        line = lines[chance.choice(checks)]
        lines.insert(chance.choice(checks), re.sub(r'^check "[^"]*"', f'check "again {chance.randrange(1000)}"', line))
    return "\n".join(lines)


def _no_check(text, chance):
    lines, checks = _lines(text, lambda line: line.startswith("check ") and "{" not in line)
    if checks:
        del lines[chance.choice(checks)]
    return "\n".join(lines)


RULE_EDITS = [
    *(_on_a_rule(one) for one in (_port, _access, _priority, _protocol, _source, _another)),
    _on_a_rule(lambda *_: []),
]
EDITS = [
    *RULE_EDITS,
    *RULE_EDITS,
    _rename,
    _word(r"\b\d+\.\d+\.\d+\.\d+(?:/\d+)?", [_octet]),
    _word(r"\b(?:443|80|1433|22|8080)\b", [lambda *_: "443", lambda *_: "22"]),
    _word(r"\b(?:on|off)\b", [lambda *_: "on", lambda *_: "off"]),
    _line(_comment),
    _line(_blank),
    _check_again,
    _no_check,
]
