"""What the benchmarks' commands share: bad counts and seconds are refused before anything is read."""

import pytest

from verl_visual_sdpo.cli import main


@pytest.mark.parametrize("benchmark", ["chartmimic", "design2code", "aeslides"])
@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--limit", "0", "--limit 0 must be 1 or more"),
        ("--workers", "-2", "--workers -2 must be 1 or more"),
        ("--timeout", "0", "--timeout 0 must be above 0 seconds"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_with_its_name(benchmark, option, value, told, tmp_path, capsys):
    command = ["eval", benchmark, "--predictions", "none", "--out", str(tmp_path / "out"), option, value]
    assert main(command if benchmark == "aeslides" else [*command, "--data", "none"]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
