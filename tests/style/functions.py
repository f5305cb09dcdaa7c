"""Finds functions in C++ text that has been blanked of comments and strings: where they are, how long, what they take.

A heuristic that needs no compiler. It follows braces and parentheses; what stands before a brace tells what it opens.
"""

import re
from dataclasses import dataclass

_SCOPE = re.compile(r"^(?:inline\s+)?(?:namespace|class|struct|union|extern)\b(?!.*\)\s*$)", re.S)
_CONTROL = re.compile(r"^(?:if|for|while|switch|do|else|catch|try|return|enum|case|default)\b")
_LABEL = re.compile(r"^(?:(?:public|protected|private)\s*:\s*)+")
_LEADING = re.compile(r"(?:\s|(?:public|protected|private)\s*:(?!:))*")
_ATTRIBUTE = re.compile(r"\[\[.*?\]\]|\b(?:alignas|noexcept|requires|explicit|decltype)\s*\([^()]*\)")
_BODY_FOLLOWS = re.compile(
    r"\)\s*(?:(?:const|noexcept|override|final|mutable|volatile|&&?|->\s*[^;={}]+?)\s*)*(?::(?!:).*[)}]\s*)?$", re.S)


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int  # 1 for a declaration.
    parameters: int
    parameter_text: str


def find_functions(code: str) -> list[Function]:
    """Functions that are declared or defined outside of other functions, in order."""
    found: list[Function] = []
    stack: list[tuple[str, int, int, int]] = []  # kind, start of its header, parentheses around, brace
    start, depth = 0, 0
    for at in [match.start() for match in re.finditer(r"[(){};]", code)]:
        sign = code[at]
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        elif sign == ";" and depth == 0:
            if all(one[0] == "scope" for one in stack):
                _add(found, code, start, at, None)
            start = at + 1
        elif sign == "{":
            kind = _kind(code[start:at]) if depth == 0 else "expression"
            stack.append((kind, start, depth, at))
            if kind != "expression":
                start = at + 1
            depth = 0
        elif sign == "}" and stack:
            kind, began, depth, brace = stack.pop()
            if kind == "function" and all(one[0] == "scope" for one in stack):
                _add(found, code, began, brace, at)
            start = began if kind == "expression" else at + 1
    return found


def _kind(header: str) -> str:
    text = _clean(header)
    if _CONTROL.match(text):
        return "control"
    if _SCOPE.match(re.sub(r"^template\s*<.*?>\s*(?=class|struct)", "", text, flags=re.S)):
        return "scope"
    if "(" in text and "=" not in _without_parentheses(text) and _BODY_FOLLOWS.search(text):
        return "function"
    return "expression" if text else "control"


def _add(found: list[Function], code: str, start: int, end: int, close: int | None) -> None:
    text = _clean(code[start:end])
    signature = _signature(text)
    if signature is None:
        return
    name, parameters, parameter_text = signature
    first = start + _LEADING.match(code[start:end]).end()
    line = code.count("\n", 0, first) + 1
    lines = code.count("\n", first, close) + 1 if close else 1
    found.append(Function(name, line, lines, parameters, parameter_text))


def _signature(text: str) -> tuple[str, int, str] | None:
    """Name, number and text of the parameters of what looks like the head of a function; else nothing."""
    angle = 0
    for at, sign in enumerate(text):
        angle = _angle(angle, text, at)
        if sign == "=" and angle == 0 and not re.search(r"operator\s*[=!<>+\-*/|&^%]*$", text[:at]):
            return None
        if sign == "(" and angle == 0:
            before = re.search(r"(operator\s*\S+|~?[A-Za-z_]\w*)\s*$", text[:at])
            # A type must stand before the name, or the name is a constructor's or a macro's: all are worth counting,
            # a mere call in a namespace is not to be had in C++.
            return (before[1], *_parameters(text[at:])) if before else None
    return None


def _parameters(text: str) -> tuple[int, str]:
    depth = angle = commas = 0
    for at, sign in enumerate(text):
        angle = _angle(angle, text, at) if depth == 1 else angle
        depth += (sign in "([{") - (sign in ")]}")
        commas += sign == "," and depth == 1 and angle == 0
        if depth == 0:
            inner = text[1:at].strip()
            return (0 if inner in ("", "void") else commas + 1), inner
    return commas + 1, text


def _angle(angle: int, text: str, at: int) -> int:
    if text[at] == "<" and (at == 0 or re.match(r"[\w>]", text[at - 1]) or text[:at].endswith("template ")):
        return angle + 1
    if text[at] == ">" and angle > 0 and text[at - 1] != "-":
        return angle - 1
    return angle


def _clean(header: str) -> str:
    text = _ATTRIBUTE.sub(" ", header).strip()
    return _LABEL.sub("", text).strip()


def _without_parentheses(text: str) -> str:
    text = re.sub(r"\boperator\s*[=!<>]=?", "operator", text)
    while True:
        shorter = re.sub(r"\([^()]*\)|<[^<>()]*>|\{[^{}]*\}", "", text)
        if shorter == text:
            return text
        text = shorter
