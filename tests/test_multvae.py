"""Mult-VAE: the contract, what it says of its settings, how it is trained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from shelftalk.tools.errors import ShelftalkError, UsageError
from shelftalk.tools.scores import vae
from shelftalk.tools.scores.contract import Scorer
from shelftalk.tools.scores.interactions import make_interactions
from shelftalk.tools.scores.multvae import MultVAE

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.scorer import ScorerContract, two_camps


def small(**settings: float) -> MultVAE:
    return MultVAE(**{"latent": 8, "hidden": 16, "epochs": 20, "rate": 1e-2, "seed": 1} | settings)  # type: ignore[arg-type]


class TestMultVAE(ScorerContract):
    def make(self) -> Scorer:
        return small()
