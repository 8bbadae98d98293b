"""The policy in front of the sandbox: honest chart programs pass, the rest is told its line."""

import pytest

from verl_visual_sdpo.inspection.sandbox.screen import ALLOWED_IMPORTS, imported_modules, screen


@pytest.mark.parametrize(
    "source",
    [
        "import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 3\nplt.rcParams.update({})",
        "import os\nos.makedirs('out', exist_ok=True)",
        "import numpy as np\nx = np.zeros(3)\nx.shape = (3, 1)\nx[0], y = 1, 2",
        "fig.dpi = 100\nclass A:\n    def __init__(self):\n        super().__init__()",
        "if __name__ == '__main__':\n    open('data.csv', 'w').write('1')",
        "from mpl_toolkits.mplot3d import Axes3D\nfrom __future__ import annotations",
        "class Machine:\n    system = 3\nprint(Machine.system, Machine().modules)",
        "import numpy as os\nos.kill",
    ],
)
def test_chart_programs_pass(source):
    assert screen(source) is None


@pytest.mark.parametrize(
    ("source", "line", "named"),
    [
        ("x = 1\nimport subprocess", 2, "subprocess"),
        ("import numpy, socket as s", 1, "socket"),
        ("from ctypes import CDLL", 1, "ctypes"),
        ("from . import secrets", 1, r"\."),
        ("def f():\n    return eval('1')", 2, "eval"),
        ("x = __import__('os')", 1, "__import__"),
        ("import os\nos.system('ls')", 2, "system"),
        ("import os as o\no.popen('ls')", 2, "popen"),
        ("from os import path, fork", 1, "fork"),
        ("().__class__.__bases__", 1, "__bases__"),
        ("import sys\nsys._getframe()", 2, "_getframe"),
        ("import sys\nsys.modules['x']", 2, "modules"),
        ("import json\njson.dumps = None", 2, "json.dumps"),
        ("import matplotlib.pyplot as plt\na, (plt.show, b) = f", 2, "plt.show"),
        ("import os\nimport sys\ndel os.path\nsys.exit = 1", 3, "os.path"),
    ],
)
def test_what_is_forbidden_is_named_with_its_line(source, line, named):
    error = screen(source)
    assert (error.type, error.line) == ("Forbidden", line)
    assert named.replace("\\", "") in error.message


def test_the_allow_list_is_a_setting():
    assert screen("import turtle") is not None
    assert screen("import turtle", ALLOWED_IMPORTS | {"turtle"}) is None


def test_imported_modules():
    source = "import numpy as np, os.path\ndef f():\n    from scipy.stats import norm\nfrom . import x\nimport numpy"
    assert imported_modules(source) == ["numpy", "os.path", "scipy.stats"]
