"""`konv explain`: the table, the answer as JSON, the page, the drawing, and what local and shared weights save."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from konv.models import load_model


def test_command(cli: Callable, tmp_path: Path):
    code, out, _ = cli("explain", "alexnet", "--input", "227x227x3")
    assert code == 0
    assert "(227 − 11)/4 + 1 = 55" in out
    code, out, _ = cli("explain", "lenet5", "--json")
    assert json.loads(out)["total"]["parameters"] == 61_706
    code, out, _ = cli(
        "explain", "lenet5", "--html", tmp_path / "page.html", "--svg", tmp_path / "net.svg", "--lang", "zh"
    )
    assert code == 0
    assert "按比例绘制" in (tmp_path / "page.html").read_text("utf-8")
    assert (tmp_path / "net.svg").read_text("utf-8").startswith("<svg")
    code, out, _ = cli("explain", "lenet5", "--svg")
    assert out.startswith("<svg")
    code, out, _ = cli("explain", "--connectivity", "1000x1000", "--units", "1000000", "--field", "10x10")
    assert [word in out for word in ("10¹²", "10⁸", "10·10 = 100 weights")] == [True] * 3
    code, out, _ = cli("explain", "--connectivity", "9", "--units", "5", "--field", "3", "--json")
    answer = json.loads(out)
    assert (answer["fully_connected"]["weights"], answer["locally_connected"]["weights"]) == (405, 45)
    assert answer["shared"] == {"connections": 45, "weights": 9, "biases": 1}
    for arguments, word in (
        (["explain"], "MODEL"),
        (["explain", "lenet5", "--html", tmp_path / "no" / "page.html"], "no"),
        (["explain", "--connectivity", "9x9"], "--units"),
        (["explain", "--connectivity", "9x9", "--units", "5", "--field", "10x3"], "10x3"),
        (["explain", "lenet"], "lenet5"),
    ):
        code, _, err = cli(*arguments)
        assert code == 2
        assert word in err
        assert err.count("\n") == 1


def test_layer_of_a_run_is_looked_into_on_its_own_images(run: Path, cli: Callable):
    layer = load_model(run / "model.konv").layers[0].name
    code, out, err = cli("explain", run, "--layer", layer, "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["layer"]["name"] == layer
    assert (answer["images"], answer["given"]) == (6, True)
    assert answer["effective_receptive_field"] == [3, 3]
    assert answer["connectivity"]["shared"]["weights"] == 3 * 3 * 3 * 32
    assert set(answer["statistics"]) == {"weights", "biases", "activations", "gradients"}
    code, out, err = cli("explain", "lenet5", "--layer", "c1", "--lang", "zh")
    assert (code, err) == (0, "")
    assert "有效感受野" in out
    assert "噪声" in out
    assert cli("explain", "lenet5", "--layer", "c1", "--lang", "zh")[1] == out
    code, _, err = cli("explain", "lenet5", "--layer", "c1", "--html")
    assert code == 2
    code, _, err = cli("explain", "lenet5", "--layer", "c9")
    assert code == 2
    assert "c1" in err
