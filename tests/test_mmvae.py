"""MM-VAE: the contract, items that nobody took, modalities that are missing, bad vectors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.contract import Scorer
from shelftalk.tools.scores.mmvae import MMVAE

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.scorer import ScorerContract, camp_content, two_camps


def small(**settings: float) -> MMVAE:
    return MMVAE(**{"latent": 8, "hidden": 16, "epochs": 20, "rate": 1e-2, "seed": 1} | settings)  # type: ignore[arg-type]


class TestMMVAE(ScorerContract):
    reads_content = True

    def make(self) -> Scorer:
        return small()


class TestMMVAEOfBehaviourAlone(ScorerContract):
    def make(self) -> Scorer:
        return small()
