"""Random edits of a specification, as people make them, always the same for the same seed."""

from __future__ import annotations

import re

RULE = re.compile(r"^\s*(?P<priority>\d+)\s+(?:\"[^\"\n]*\"\s+)?(?:allow|deny)\b.*$")


def edited(text, chance):
    """The text after one edit; the same text if it has nothing for the edit to change."""
    return chance.choice(EDITS)(text, chance)


def edited_in_lists(text, chance):
    """As `edited`, in or around a list of rules; often with a mistake."""
    return chance.choice(IN_LISTS)(text, chance)


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


# -- Inside lists of rules, and what only looks like it -------------------------------------------------------------------


def _moved(text, chance):
    lines, rules = _rules(text)
    if rules:
        line = lines.pop(chance.choice(rules))
        lines.insert(chance.choice(rules), line)
    return "\n".join(lines)


def _joined(text, chance):
    lines, rules = _rules(text)
    if rules:
        at = chance.choice(rules)
        lines[at : at + 2] = ["  ".join(lines[at : at + 2])]
    return "\n".join(lines)


def _split(line, chance):
    at = chance.choice([one.start() for one in re.finditer(r"(?<=\S) +(?=\S)", line)] or [0])
    return [line[:at], line[at:]]


def _typed(line, chance):
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.choice((*' \t0123,/-.*{}"', "//", "/*", "*/", "->", "a", " }", "{ ")) + line[at:]


def _removed(line, chance):
    at = chance.randrange(len(line) + 1)
    return line[:at] + line[at + chance.choice((1, 1, 2, 5)) :]


def _as_comment(line, chance):
    return chance.choice((f"  // {line}", f"  /* {line} */", f"{line} // a remark", f"  /* a\n remark */ {line}", f"{line},"))


def _from_comment(text, chance):
    found = list(re.finditer(r"(?m)^\s*// *(?=\d+ )|^\s*/\* *(?=\d+ .*\*/$)", text))
    if not found:
        return text
    one = chance.choice(found)
    line, *rest = text[one.end() :].split("\n", 1)
    return "\n".join([text[: one.start()] + "  " + line.removesuffix("*/"), *rest])


def _at_an_end(text, chance):
    """Something at the beginning or the end of a list."""
    found = list(re.finditer(r"bound\s*\{|\}", text))
    at = chance.choice(found)
    new = f" {chance.randrange(100, 4097)} allow tcp from * to * port 443 "
    where = chance.choice((at.start(), at.end()))
    return text[:where] + chance.choice((new, "\n", f"\n{new}\n", " // a\n", " ", ",", "// a")) + text[where:]


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
IN_LISTS = [
    *RULE_EDITS,
    _moved,
    _joined,
    _from_comment,
    _at_an_end,
    _line(_comment),
    _line(_blank),
    *(_on_a_rule(one) for one in (_split, _typed, _typed, _removed, _removed, _as_comment, _as_comment)),
    _on_a_rule(lambda line, chance: [f"{line} {_priority(line, chance).strip()}"]),
    _on_a_rule(lambda line, chance: [line, "  // a remark", "", _priority(line, chance)]),
]
