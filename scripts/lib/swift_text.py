# SPDX-License-Identifier: Apache-2.0
"""Swift source with comments and string literals blanked out, line for line."""


def code_only(text):
    """Replaces comments and the text in literals by nothing; what is interpolated stays."""
    output = []
    _code(text, 0, output, until=None)
    return "".join(output)


def _code(text, at, output, until):
    """Copies code from `at` to the closing parenthesis `until` (or the end); returns the place."""
    depth = 0
    while at < len(text):
        if text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            at = _comment(text, at, output)
        elif text[at] in "\"#" and (literal := _opening(text, at)):
            at = _literal(text, at, literal, output)
        else:
            character = text[at]
            at += 1
            if until and character == "(":
                depth += 1
            elif until and character == ")":
                if depth == 0:
                    return at
                depth -= 1
            output.append(character)
    return at


def _comment(text, at, output):
    depth = 0
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                return at
        else:
            if text[at] == "\n":
                output.append("\n")
            at += 1
    return at


def _opening(text, at):
    """The hashes and quotes that open a literal here, or None."""
    hashes = 0
    while text.startswith("#", at + hashes):
        hashes += 1
    for quotes in ('"""', '"'):
        if text.startswith(quotes, at + hashes):
            return "#" * hashes, quotes
    return None


def _literal(text, at, literal, output):
    hashes, quotes = literal
    at += len(hashes) + len(quotes)
    output.append('"')
    while at < len(text):
        if text.startswith(quotes + hashes, at):
            output.append('"')
            return at + len(quotes) + len(hashes)
        if text.startswith("\\" + hashes, at):
            at += 1 + len(hashes)
            if text.startswith("(", at):
                output.append("(")
                at = _code(text, at + 1, output, until=")")
                output.append(")")
            elif at < len(text):
                if text[at] == "\n":
                    output.append("\n")
                at += 1
            continue
        if text[at] == "\n":
            if quotes == '"':
                return at
            output.append("\n")
        at += 1
    return at
