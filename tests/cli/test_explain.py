"""`konv explain`: the table, the answer as JSON, the page, the drawing, and what local and shared weights save."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path


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
