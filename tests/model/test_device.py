"""Precision on devices."""

import pytest
import torch

from motiflens.model.device import whole_float32


def test_whole_float32_gives_the_process_back_its_choice(monkeypatch):
    cudnn = torch.backends.cudnn
    monkeypatch.setattr(cudnn, "allow_tf32", True)
    with whole_float32():
        assert not cudnn.allow_tf32
    assert cudnn.allow_tf32
    with pytest.raises(RuntimeError, match="inside"), whole_float32():
        raise RuntimeError("inside")
    assert cudnn.allow_tf32
