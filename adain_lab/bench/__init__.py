"""Speed and memory of the models on this machine, with ratios to the full-size network written plainly, measured in the
same run.

Absolute times say little about another machine; ratios measured side by side,
round by round, travel better. ``plain`` is the baseline, ``contenders`` who takes part, ``timing`` how they take turns,
``growth``, ``memory``, ``frames`` and ``equal_loss`` what else is measured, ``run`` does it all, and ``report`` is for
people.
"""

from __future__ import annotations

from adain_lab.bench.plain import plain_network
from adain_lab.bench.plan import Plan, full
from adain_lab.bench.report import table, write_json
from adain_lab.bench.run import measure

__all__ = ["Plan", "full", "measure", "plain_network", "table", "write_json"]
