# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/measure-reach: router types, what must be direct, how it is printed."""
import subprocess
import time

from spockex_nodes import ROOT

KINDS = ["public", "fullcone", "restricted", "home", "home-remap", "home-reject", "home-open",
         "symmetric", "symmetric-seq", "cgnat", "cgnat-symmetric", "mobile", "mobile-symmetric",
         "noudp", "v6fw"]
RANDOM = {"symmetric", "cgnat-symmetric", "mobile-symmetric"}
PER_DESTINATION = RANDOM | {"symmetric-seq"}
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def must_be_direct(one, other):
    """What plain punching with known ports opens, and what probing opens besides."""
    pair = {one, other}
    if "noudp" in pair:
        return False
    if "v6fw" in pair:
        return pair == {"v6fw"}
    if pair <= PER_DESTINATION:
        return False
    return True


def cell(row):
    if row["end"] == "direct":
        return f"direct {row['seconds']:.1f}"
    if row["end"] in ("relayed", "helped"):
        return f"{row['end']} {row['secondsCommon']:.1f}"
    if row["end"] == "failed":
        return "failed"
    return row.get("why") or row["end"]


def lines(results):
    cells = {(row["offering"], row["answering"]): cell(row) for row in results}
    columns = [kind for kind in KINDS if any(pair[1] == kind for pair in cells)]
    rows = [kind for kind in KINDS if any(pair[0] == kind for pair in cells)]
    yield ["offer \\ answer", *columns]
    for kind in rows:
        yield [kind, *(cells.get((kind, other), "") for other in columns)]


def text_table(results):
    table = list(lines(results))
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip()
                     for row in table)


def write_table(path, results):
    table = list(lines(results))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT,
                            capture_output=True, text=True).stdout.strip()
    body = [f"{time.strftime('%Y-%m-%d', time.gmtime())}, commit {commit}, "
            f"{len(results)} meetings.", "",
            "| " + " | ".join(table[0]) + " |", "|" + " --- |" * len(table[0])]
    body += ["| " + " | ".join(row) + " |" for row in table[1:]]
    text = path.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(before + BEGIN + "\n\n" + "\n".join(body) + "\n\n" + END + after)
