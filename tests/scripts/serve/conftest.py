"""Servers of the sample's index, each on a socket of its own."""

import shutil

import pytest


@pytest.fixture
def own_index(sample_index, tmp_path):
    """A copy of the sample's index, which a test may change."""
    return shutil.copytree(sample_index, tmp_path / "index")
