"""Retrieval measured: words and pictures that find products, one file a part (see `evals.parts`)."""

from __future__ import annotations

from shelftalk.evals.parts import Parts

PARTS = Parts(__name__, __path__)
part_names = PARTS.names
load_part = PARTS.load
notes = PARTS.notes
measurable = PARTS.measurable
check_data = PARTS.check_data
