# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/measure-reach: router types, what must be direct, how it is printed."""
import dataclasses
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
    if "home-open" in pair and not pair & {"public", "fullcone", "restricted"}:
        return False        # a packet that comes before the own first one takes the port
    return True


@dataclasses.dataclass(frozen=True)
class Case:
    """Two hosts in a laboratory and what is expected of their meeting."""
    name: str
    sites: tuple
    hosts: tuple = ("a", "b")
    must_be_direct: bool = True
    is_hard: bool = False           # found by chance: it may take several attempts
    link: str = ""                  # words of natlab link for both access links
    rest_seconds: int = 0           # then silence for so long, and nothing may be lost

    @staticmethod
    def of(offering, answering, link=""):
        return Case(f"{offering}:{answering}", (f"a={offering}", f"b={answering}"),
                    must_be_direct=must_be_direct(offering, answering), link=link,
                    is_hard="symmetric" in offering + answering)


NAMED = [
    Case("same-lan", ("same-lan",), ("a-1", "a-2")),
    Case("same-cgn", ("same-cgn",)),
    Case("same-cgn-nohairpin", ("a=cgnat+cgn=isp", "b=cgnat+cgn=isp"), must_be_direct=False),
    Case("portmap-symmetric", ("portmap-symmetric",)),
    Case("portmap-cgnat", ("portmap-cgnat",)),
    Case("ipv6-firewall-pair", ("ipv6-firewall-pair",)),
    Case("dual-stack-symmetric", ("dual-stack-symmetric",)),
    Case("home-home, mappings of 20 s", ("a=home+timeout=20", "b=home+timeout=20"),
         rest_seconds=150),
    Case("cgnat-mobile, mappings of 20 s", ("a=cgnat+timeout=20", "b=mobile+timeout=20"),
         rest_seconds=150),
    Case("home-home, 80 ms and 5 % loss", ("home-home",), link="--delay 40 --loss 5 --seed 7"),
    Case("home-symmetric, 80 ms and 5 % loss", ("home-symmetric",), is_hard=True,
         link="--delay 40 --loss 5 --seed 7"),
]


def cell(row):
    if row["end"] == "direct":
        return f"direct {row['seconds']:.1f}"
    if row["end"] in ("relayed", "helped"):
        return f"{row['end']} {row['secondsCommon']:.1f}"
    if row["end"] == "failed":
        return "failed"
    return row.get("why") or row["end"]


def lines(results):
    cells = {tuple(row["case"].split(":")): cell(row) for row in results}
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
