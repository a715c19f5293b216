# SPDX-License-Identifier: Apache-2.0
"""What people do in a trial of scripts/abuse-cluster-kill9, and who is killed when."""
import random

NAMES = ("Ada", "Ben", "Cem", "Dia", "Eli")
FOUNDERS = NAMES[:2]
# Kills come within so many seconds after a step began: a meeting and what follows take as long.
SPAN = 1.5
# Two or three vote within so many seconds; what follows from it takes longer.
VOTING_SPAN = 0.6
# Every so many seeds a removal is what is tried.
AIMED_EVERY = 4
# What a step is in the figures.
KINDS = ("foundings", "joins", "meetings again", "removals", "leaves")


def is_aimed_by(seed):
    return seed % AIMED_EVERY == 0


class Plan:
    """What a trial does, from its seed alone, and whether it is aimed at a removal."""

    def __init__(self, seed, is_aimed):
        chance = random.Random(seed)
        self.joins, free = [], list(FOUNDERS)
        for newcomer in NAMES[2:]:
            sponsor = free.pop(chance.randrange(len(free)))
            free.append(newcomer)
            self.joins.append((sponsor, newcomer, chance.random() < 0.5))
        self.removes = chance.random() < 0.5 or is_aimed
        self.gone = chance.choice(NAMES[2:] if self.removes else NAMES)
        self.voters = [name for name in NAMES[:3] if name != self.gone]
        chance.shuffle(self.voters)
        steps = ["found", *(f"join {newcomer}" for newcomer in NAMES[2:]), "part"]
        if self.removes:
            steps.insert(2, "meet again")
        self.kills = {step: [] for step in steps}
        for number in range(chance.choice((1, 2, 2, 3))):
            step = chance.choice(steps)
            victims = chance.sample(NAMES, chance.choice((1, 1, 1, 2)))
            span = SPAN
            if is_aimed:
                # One at least while they vote or soon after; who becomes a voter matters too.
                step = chance.choice(("part", "part", "meet again")) if number else "part"
                span = chance.choice((VOTING_SPAN, SPAN)) if step == "part" else SPAN
            self.kills[step].append((chance.uniform(0, span), victims))
        for kills in self.kills.values():
            kills.sort()

    def kind(self, step):
        """What a step is in the figures."""
        if step == "part":
            return "removals" if self.removes else "leaves"
        return {"found": "foundings", "meet again": "meetings again"}.get(step, "joins")

    def __str__(self):
        how = "removed" if self.removes else "leaves"
        joins = ", ".join(f"{newcomer} by {sponsor}" for sponsor, newcomer, _ in self.joins)
        kills = "; ".join(f"{step}: {'+'.join(victims)} after {delay:.2f} s"
                          for step, each in self.kills.items() for delay, victims in each)
        return f"{joins}; {self.gone} {how}; kills at {kills}"
