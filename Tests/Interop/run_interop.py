#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The second implementation of the protocol against the page, itself, and a real node.

`scripts/test-interop` runs this; see its --help.
"""
import argparse
import concurrent.futures
import contextlib
import functools
import pathlib
import sys
import time
import traceback
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts" / "lib")]

from cases import clusters, endings, hostile, meetings, returning  # noqa: E402
from spockex_nodes import Failure, Report, program, stage  # noqa: E402
import test_bridge_example  # noqa: E402
import test_cluster_example  # noqa: E402
import test_entanglement  # noqa: E402
import test_gossip_example  # noqa: E402
import test_last_resort_example  # noqa: E402
import test_worked_example  # noqa: E402

GROUPS = {"meetings": meetings, "endings": endings, "returning": returning, "hostile": hostile,
          "clusters": clusters}


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/test-interop",
        description="Tests SpockEx against a second implementation, written from docs/PROTOCOL.md.")
    parser.add_argument("--runs", type=int, default=10, help="meetings over a bad line (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the bad line (1)")
    parser.add_argument("--only", default="", help="cases with these words in their title")
    parser.add_argument("--alone", action="store_true",
                        help="only what needs no program: the page, and Python with Python")
    parser.add_argument("--at-once", type=int, default=4, help="cases at the same time (4)")
    return parser.parse_args()


def alone(report):
    """The tests that need no program."""
    for module in (test_worked_example, test_cluster_example, test_gossip_example,
                   test_last_resort_example, test_bridge_example, test_entanglement):
        for case in _flat(unittest.defaultTestLoader.loadTestsFromModule(module)):
            result = unittest.TestResult()
            case.run(result)
            with report.check(case.id().split(".")[-1].removeprefix("test_").replace("_", " ")):
                for _, trace in result.failures + result.errors:
                    raise Failure(trace)


def _flat(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from _flat(each)
        else:
            yield each


def cases(options):
    bad_line = functools.partial(meetings.over_a_bad_line, seed=options.seed, runs=options.runs)
    every = [("30 % loss, doubles, other order", bad_line)]
    for group in GROUPS.values():
        every += group.CASES
    return [each for each in every if options.only.lower() in each[0].lower()]


def run_one(case, make, folder):
    figures, began = [], time.monotonic()
    try:
        case(make, folder, figures)
        failure = None
    except Failure as told:
        failure = str(told)
    except Exception:
        failure = traceback.format_exc()
    return figures + [f"{time.monotonic() - began:.1f} s"], failure


def main():
    options = arguments()
    report = Report("interop")
    if not options.only:
        alone(report)
    if not options.alone:
        program()
        # The program's own processes and these threads share the machine's cores.
        with stage("spockex-interop-") as (folder, make), \
                concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
            futures = {pool.submit(run_one, case, make, folder): title
                       for title, case in cases(options)}
            with contextlib.suppress(KeyboardInterrupt):
                for future in concurrent.futures.as_completed(futures):
                    figures, failure = future.result()
                    with report.check(futures[future]) as shown:
                        shown += figures
                        if failure:
                            raise Failure(failure)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
