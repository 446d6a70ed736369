"""Settings: files, environment, flags; and what a terminal asks for."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call

LOG = "fixtures/real-postfix.log"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / ".config" / "mailtriage" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_config_shows_every_setting_and_its_origin(call: Call, config: Path) -> None:
    config.write_text('own-ip = ["203.0.113.25"]\nwidth = 70\n')
    done = call("config", env={"MAILTRIAGE_WIDTH": "90", "MAILTRIAGE_OWN_DOMAIN": "a.example,b.example"})
    rows = done.out.splitlines()
    assert f"own-ip = ['203.0.113.25']  # {config}" in rows
    assert "width = '90'  # MAILTRIAGE_WIDTH" in rows
    assert "own-domain = ['a.example', 'b.example']  # MAILTRIAGE_OWN_DOMAIN" in rows
    assert "# tz  (default)" in rows


def test_a_flag_wins_over_the_environment_and_that_over_the_file(call: Call, config: Path) -> None:
    config.write_text('format = "json"\n')
    assert call("scan", LOG).out.startswith('{"schema":"mailtriage.report/1"')
    env = {"MAILTRIAGE_FORMAT": "jsonl"}
    assert call("scan", LOG, env=env).out.startswith('{"schema":"mailtriage.finding/1"')
    assert "\t" in call("scan", "--format", "line", LOG, env=env).out.splitlines()[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('width = "x\n', "is no TOML"),
        ("widht = 70\n", "'widht' is no setting"),
        ("width = 7\n", "config.toml: Invalid value for '--width'"),
        ('tz = "Moon/Sea"\n', "config.toml: Invalid value for '--tz'"),
    ],
)
def test_a_wrong_setting_is_one_line(call: Call, config: Path, text: str, said: str) -> None:
    config.write_text(text)
    done = call("scan", LOG)
    assert (done.status, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert said in done.err


def test_a_wrong_variable_is_named(call: Call) -> None:
    done = call("scan", LOG, env={"MAILTRIAGE_WIDTH": "wide"})
    assert done.status == 2
    assert done.err.startswith("mailtriage: MAILTRIAGE_WIDTH: ")


def test_colours(call: Call) -> None:
    def coloured(*args: str, **env: str) -> bool:
        return "\x1b[" in call("scan", "--format", "text", *args, LOG, env=env).out

    assert coloured("--color", "always", TERM="xterm-256color")
    assert not coloured("--color", "never", TERM="xterm-256color")
    assert not coloured(TERM="dumb")
    assert not coloured(NO_COLOR="1")


@pytest.mark.parametrize("command", ["scan", "watch", "trace", "explain", "rules", "schema", "config"])
def test_every_command_has_a_help(call: Call, command: str) -> None:
    done = call(command, "--help")
    assert done.status == 0
    assert max(map(len, done.out.splitlines())) <= 110
    if command in ("scan", "watch", "trace"):
        assert f"mailtriage {command} " in done.out.partition("Examples:")[2]


def test_version(call: Call) -> None:
    assert call("--version").out.startswith("mailtriage ")
