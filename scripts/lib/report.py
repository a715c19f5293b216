# SPDX-License-Identifier: Apache-2.0
"""What a scripted test prints: a line for each check, and a closing line that scripts/test reads."""
import contextlib


class Failure(Exception):
    """Something did not happen as promised; the message is for people."""


class Report:
    """The table that a scripted test prints, and its last line."""

    def __init__(self, name, quiet=False):
        self.name, self.rows, self.quiet = name, [], quiet

    def add(self, result, what, figure=""):
        self.rows.append((result, what, figure))
        if not self.quiet:
            print(f"  {result:<8}{what:<58}{figure}", flush=True)

    @contextlib.contextmanager
    def check(self, what):
        """One line of the table; `figures` filled inside stand behind it."""
        figures = []
        try:
            yield figures
        except Failure as failure:
            self.add("FAILED", what, ", ".join(figures))
            print("          " + str(failure).replace("\n", "\n          "), flush=True)
        else:
            self.add("passed", what, ", ".join(figures))

    def skip(self, what, why):
        self.add("skipped", what, why)

    def finish(self):
        """Prints the closing line and gives the exit code."""
        count = {kind: sum(1 for row in self.rows if row[0] == kind)
                 for kind in ("passed", "FAILED", "skipped")}
        print(f"{self.name}: {count['passed']} passed, {count['FAILED']} failed, "
              f"{count['skipped']} skipped", flush=True)
        return 1 if count["FAILED"] or not self.rows else 0
