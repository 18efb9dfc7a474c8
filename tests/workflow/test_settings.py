"""Settings: defaults, a TOML file over them, options over both; errors that name file and setting."""

import pytest

from motiflens.errors import InputError
from motiflens.training.recipes.settings import ADDITIVE, TUTORIAL
from motiflens.workflow.settings import Settings, settings_from


def toml(tmp_path, text: str):
    path = tmp_path / "s.toml"
    path.write_text(text)
    return path


def test_nothing_given_is_the_defaults():
    assert settings_from({}) == Settings()
    assert settings_from({"seed": None, "fit.training.epochs": None, "fit.network.preset": None}) == Settings()


def test_options_over_file_over_defaults(tmp_path):
    file = toml(
        tmp_path, 'seed = 3\ndevice = "cpu"\n[fit.training]\nepochs = 7\npatience = 4\n[fit.network]\nfilters = 5\n'
    )
    found = settings_from({"fit.training.epochs": 9, "data.length": 50}, file=file)
    assert (found.seed, found.device, found.data.length) == (3, "cpu", 50)
    assert found.fit.network.preset == "additive"
    assert found.fit.network.filters == 5
    assert found.fit.training == ADDITIVE.model_copy(update={"epochs": 9, "patience": 4})


def test_the_preset_brings_its_recipe(tmp_path):
    found = settings_from({"fit.network.preset": "classic"})
    assert found.fit.training == TUTORIAL
    file = toml(tmp_path, "[fit.training]\nepochs = 2\n")
    found = settings_from({"fit.network.preset": "classic"}, file=file)
    assert found.fit.training == TUTORIAL.model_copy(update={"epochs": 2})


def test_overrides_are_not_changed():
    overrides = {"fit.network.preset": "classic", "seed": 2}
    settings_from(overrides)
    assert overrides == {"fit.network.preset": "classic", "seed": 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed = ", "cannot be read as TOML"),
        ("seed = -1", "seed: "),
        ("sead = 1", "sead: unknown setting"),
        ("[fit.training]\nepoch = 3", "fit.training.epoch: unknown setting"),
        ("[fit.network]\npreset = 'nonsense'", "fit.network: "),
        ("[fit.network]\nwidths = [3, 3]", "widths (3, 3) must be distinct"),
        ("[fit.network]\nprofile = 'knots'", "profile: "),
        ("fit = 3", "fit is a table, not a single value: write [fit]"),
        ("[fit]\nnetwork = 'classic'", "fit.network is a table, not a single value: write [fit.network]"),
        ("[fit]\ntraining = 30", "fit.training is a table, not a single value: write [fit.training]"),
        ("data = 'x'", "data: "),
        ("[data]\ntest_share = 1.5", "data.test_share: "),
        ("device = 'tpu'", "device: "),
    ],
)
def test_a_wrong_file_is_named(tmp_path, text, said):
    file = toml(tmp_path, text)
    with pytest.raises(InputError) as caught:
        settings_from({"fit.training.batch_size": 32} if "fit" in text else {}, file=file)
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "s.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(InputError, match="cannot be read as TOML"):
        settings_from({}, file=tmp_path / "s.toml")
    with pytest.raises(InputError, match=r"none\.toml: cannot be read as TOML"):
        settings_from({}, file=tmp_path / "none.toml")


def test_a_wrong_option_is_named():
    with pytest.raises(InputError, match=r"options: fit\.ensemble: "):
        settings_from({"fit.ensemble": 0})
