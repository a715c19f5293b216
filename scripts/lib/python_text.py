# SPDX-License-Identifier: Apache-2.0
"""How long a file of Python and its functions are."""
import ast
import re

# The first line of a script.
IS_PYTHON = re.compile(r"#!.*\bpython3?\b")


def findings(text, line_limit, function_limit):
    """Line and sentence for each thing that is too long, or for what cannot be read at all."""
    count = len(text.splitlines())
    if count > line_limit:
        yield line_limit + 1, f"{count} lines; at most {line_limit} are allowed"
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield error.lineno or 1, f"this is not Python: {error.msg}"
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            count = node.end_lineno - node.lineno + 1
            if count > function_limit:
                yield (node.lineno,
                       f"a function of {count} lines; at most {function_limit} are allowed")
