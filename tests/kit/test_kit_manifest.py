from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conformance.kit import data
from conformance.kit.targets import manifest
from conformance.kit.targets.manifest import Launch, ManifestError

DRIVEN = """
name = "toy"
version = "1"
protocol = "toy"
role = "server"
[driver]
command = ["{python}", "{fixtures}/drivers/toy.py", "{manifest_dir}/toy.ini"]
[baseline]
file = "../baselines/toy.toml"
[features.unsupported]
dancing = "it has no legs"
"""
LAUNCHED = """
name = "toy"
version = "1"
protocol = "toy"
role = "server"
[target]
command = ["toyd"]
ready = "listening on (?P<port>[0-9]+)"
url = "http://127.0.0.1:{port}"
[target.settings]
pace = {env = "TOY_PACE"}
volume = {arg = "--volume {value}"}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "toy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_manifest_becomes_a_plan(tmp_path: Path) -> None:
    plan = manifest.load(written(tmp_path, DRIVEN))
    assert (plan.name, plan.version, plan.protocol, plan.role) == ("toy", "1", "toy", "server")
    assert plan.unsupported == {"dancing": "it has no legs"}
    assert plan.baseline == tmp_path.parent / "baselines" / "toy.toml"
    assert plan.launch is None


def test_placeholders_are_filled(tmp_path: Path) -> None:
    plan = manifest.load(written(tmp_path, DRIVEN))
    assert manifest.resolve(plan.driver, plan, python="/env/bin/python") == (
        "/env/bin/python",
        f"{data.root('fixtures')}/drivers/toy.py",
        f"{tmp_path}/toy.ini",
    )
    assert manifest.resolve(("{assay}", "driver", "{x}"), plan, python="p") == (
        sys.executable,
        "-m",
        "conformance",
        "driver",
        "{x}",
    )


def test_the_revision_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    plan = manifest.load(written(tmp_path, DRIVEN))
    command = ("x", "{revision}")
    assert manifest.resolve(command, plan, python="p", revision="8") == ("x", "8")
    assert manifest.resolve(command, plan, python="p") == ("x", plan.revision)


def test_settings_become_environment_and_arguments() -> None:
    launch = Launch(
        command=("toyd",),
        ready="json",
        url="",
        facts={},
        settings={"pace": {"env": "TOY_PACE"}, "volume": {"arg": "--volume {value}"}},
    )
    command, env = launch.with_settings({"pace": 1, "volume": "very loud", "colour": "red"})
    assert command == ["toyd", "--volume", "very loud"]
    assert env == {"TOY_PACE": "1"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "toy"\n', "", "$: 'name' is a required property"),
        ('name = "toy"', "name = 7", "$.name: 7 is not of type 'string'"),
        ('[driver]\ncommand = ["{python}"', "[driver]\ncommand = [7", "$.driver.command[0]: 7"),
        ("[driver]", "[dirver]", "dirver"),
        ('dancing = "it has no legs"', 'dancing = ""', "$.features.unsupported.dancing: ''"),
        ("[driver]", "[driver", "Expected"),
    ],
)
def test_a_bad_manifest_is_named_with_its_member(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = written(tmp_path, DRIVEN.replace(old, new))
    with pytest.raises(ManifestError) as error:
        manifest.load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('url = "http://127.0.0.1:{port}"\n', ""),
        ("{port}", "{host}"),
        ("{port}", "{0}"),
        ("(?P<port>", "(?P<port"),
    ],
)
def test_a_ready_line_and_its_url_must_fit(tmp_path: Path, old: str, new: str) -> None:
    path = written(tmp_path, LAUNCHED.replace(old, new))
    with pytest.raises(ManifestError, match=r"target\.url: "):
        manifest.load(path)


def test_a_launched_target_says_how_it_is_started(tmp_path: Path) -> None:
    plan = manifest.load(written(tmp_path, LAUNCHED))
    assert plan.launch is not None
    launch = manifest.launch_with(plan.launch, plan, python="p")
    assert (launch.command, launch.url) == (("toyd",), "http://127.0.0.1:{port}")


def test_a_path_outranks_a_shipped_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = manifest.find("reference-rxon-orchestrator.toml")
    assert shipped.is_relative_to(data.root("fixtures"))
    assert manifest.find("reference-rxon-orchestrator") == shipped
    monkeypatch.chdir(tmp_path)
    (tmp_path / shipped.name).write_text("", encoding="utf-8")
    assert manifest.find(shipped.name) == Path(shipped.name)


def test_an_unknown_name_lists_what_is_shipped() -> None:
    with pytest.raises(ManifestError) as error:
        manifest.find("absent.toml")
    assert "no manifest 'absent.toml'; shipped are: " in str(error.value)
    assert "reference-rxon-orchestrator" in str(error.value)


@pytest.mark.parametrize(
    "path", sorted((data.root("fixtures") / "targets").glob("*.toml")), ids=lambda path: path.stem
)
def test_every_shipped_manifest_can_be_used(path: Path) -> None:
    plan = manifest.load(path)
    for word in manifest.resolve(plan.driver, plan, python=sys.executable):
        if word.startswith(str(data.root("fixtures"))):
            assert Path(word).is_file()
