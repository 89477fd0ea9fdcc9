"""Recommendation measured: what scorers rank first, one file a part (see `evals.parts`)."""

from __future__ import annotations

from shelftalk.evals.parts import Parts

# What the parts share.
_HELPERS = {"films", "plain", "protocol", "tuning"}

PARTS = Parts(__name__, __path__, _HELPERS)
part_names = PARTS.names
load_part = PARTS.load
notes = PARTS.notes
measurable = PARTS.measurable
check_data = PARTS.check_data
