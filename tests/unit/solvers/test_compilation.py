"""The first slow call is announced."""

from __future__ import annotations

from orbitwise.solvers.compilation import kernels_are_cached


def test_an_empty_cache_folder_means_a_slow_first_call(tmp_path, monkeypatch):
    """An index file of numba anywhere below the folder means that kernels were compiled."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not kernels_are_cached()
    (tmp_path / "solvers").mkdir()
    (tmp_path / "solvers" / "kernel.nbi").touch()
    assert kernels_are_cached()
