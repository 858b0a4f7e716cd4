"""A student's own module: what a check keeps, what it refuses, and what a later lesson gets."""

import importlib
import linecache
import sys
import textwrap

import pytest
import torch

from adain_lab import checks, functional
from adain_lab.lessons import mine, own

ADAIN = """
    def adain(x, y):
        mean, std = statistics(x)
        style_mean, style_std = statistics(y)
        return style_std * (x - mean) / std + style_mean
"""
STATISTICS = """
    def statistics(f):
        variance, mean = torch.var_mean(f, dim=(2, 3), correction=0, keepdim=True)
        return mean, (variance + EPS).sqrt()
"""


class Notebook:
    """Cells that run in one namespace, as a kernel runs them."""

    count = 0

    def __init__(self):
        self.space = {"__name__": "__main__"}

    def run(self, *cells):
        for cell in cells:
            Notebook.count += 1
            source, name = textwrap.dedent(cell).strip() + "\n", f"<cell {Notebook.count}>"
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
            exec(compile(source, name, "exec"), self.space)
        return self

    def keep(self, exercise, function=None, lesson="05"):
        return own.keep(exercise, lesson, self.space[function or exercise])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADAIN_LAB_PROGRESS", str(tmp_path))
    yield tmp_path
    sys.modules.pop("my_adain", None)


@pytest.fixture
def file(folder):
    return folder / "my_adain.py"


def package(*args):
    return "the package's"


def solved():
    return Notebook().run("import torch\nEPS = 1e-5", STATISTICS, ADAIN)


def imported(file):
    """``import my_adain`` in a new kernel, in the file's folder."""
    sys.modules.pop("my_adain", None)
    sys.path.insert(0, str(file.parent))
    try:
        importlib.invalidate_caches()
        return importlib.import_module("my_adain")
    finally:
        sys.path.remove(str(file.parent))


def test_a_function_is_kept_with_its_imports_helpers_and_constants(file, capsys):
    assert solved().keep("adain") == "Kept as `adain` in my_adain.py, for later lessons."
    x, y = torch.rand(2, 4, 5, 6), torch.rand(2, 4, 3, 3)
    function = mine("adain", otherwise=package)
    assert capsys.readouterr().out == "adain: yours, from my_adain.py\n"
    assert torch.allclose(function(x, y), functional.adain(x, y), atol=1e-5)
    assert torch.equal(imported(file).adain(x, y), function(x, y))
    text = file.read_text()
    assert text.index("EPS = 1e-05") < text.index("def statistics") < text.index("def adain")
    assert [path.name for path in file.parent.iterdir() if path.suffix] == ["my_adain.py"]


def test_a_check_that_passes_keeps_and_one_that_fails_does_not(file, capsys):
    notebook = solved().run("def wrong(x, y):\n    return x")
    checks.adain(notebook.space["wrong"])
    assert not file.exists()
    checks.adain(notebook.space["adain"])
    out = capsys.readouterr().out
    assert out.endswith("pattern.\n  Kept as `adain` in my_adain.py, for later lessons.\n") and file.exists()
    checks.adain(notebook.space["adain"])
    assert "Kept" not in capsys.readouterr().out  # said once


def test_the_exercise_is_found_whatever_the_function_is_called(file, capsys):
    notebook = Notebook().run("def make_closure(a):\n    return 1", "def better(a):\n    return 2")
    notebook.keep("closure", "make_closure", "02")
    assert mine("closure", package)(0) == 1 and mine("make_closure", package)(0) == 1
    notebook.keep("closure", "better", "02")
    assert mine("closure", package)(0) == 2
    assert "make_closure" not in file.read_text()


def test_a_better_version_takes_the_place_of_the_first(file):
    notebook = Notebook().run("def blend(a):\n    return a + STEP", "STEP = 1")
    notebook.keep("blend")
    notebook.run("def other(a):\n    return a").keep("other")
    notebook.run("STEP = 5", "def blend(a):\n    return a - STEP").keep("blend")
    assert mine("blend", package)(1) == -4 and mine("other", package)(7) == 7
    text = file.read_text()
    assert text.count("def blend") == 1 and text.index("def blend") < text.index("def other")


def test_what_was_edited_by_hand_is_left_alone_and_said_so(file, capsys):
    notebook = Notebook().run("def blend(a):\n    return a")
    notebook.keep("blend")
    file.write_text(file.read_text().replace("return a", "return 100 * a"))
    before = file.read_text()
    notebook.run("def blend(a):\n    return -a")
    assert (
        notebook.keep("blend")
        == "`blend` in my_adain.py is one that you wrote or edited there by hand, so it was left alone."
    )
    notebook.run("def blended(a):\n    return -a")
    assert "`blend` in my_adain.py" in notebook.keep("blend", "blended")
    assert file.read_text() == before and mine("blend", package)(1) == 100


def test_spaces_that_an_editor_removes_are_no_edit(file):
    notebook = Notebook().run("def blend(a):\n\n    return a   ")
    notebook.keep("blend")
    file.write_text("\n".join(line.rstrip() for line in file.read_text().splitlines()))
    notebook.run("def blend(a):\n    return -a").keep("blend")
    assert mine("blend", package)(1) == -1


def test_what_stands_between_the_parts_stays(file):
    file.write_text("# mine\nimport math\n\n\ndef half(a):\n    return a / 2")  # no newline at the end
    notebook = Notebook().run(
        "def blend(a):\n    return half(a)", "def half(a):\n    return a / 3", "def late(a):\n    return a"
    )
    notebook.keep("blend")
    with open(file, "a") as handle:
        handle.write("\n\nPI = math.pi  # by hand\n")
    notebook.keep("late")
    text = file.read_text()
    assert (
        text.startswith("# mine\nimport math\n\n\ndef half(a):\n    return a / 2\n")
        and "PI = math.pi  # by hand\n" in text
    )
    assert "a / 3" not in text and mine("blend", package)(1) == 0.5  # the helper is the student's own
    assert mine("half", package)(1) == 0.5
    assert "left alone" in notebook.run("def half(a):\n    return a / 4").keep("half")


def test_removed_end_marks_count_as_edits(file):
    notebook = Notebook().run("def blend(a):\n    return a", "def late(a):\n    return a")
    notebook.keep("blend")
    file.write_text(file.read_text().replace("# === end of blend\n", ""))
    notebook.keep("late")
    assert "left alone" in notebook.run("def blend(a):\n    return -a").keep("blend")
    assert mine("blend", package)(1) == 1 and mine("late", package)(1) == 1


def test_an_edited_helper_serves_new_exercises(file):
    notebook = solved()
    notebook.keep("adain")
    file.write_text(file.read_text().replace("(variance + EPS).sqrt()", "(variance + 2 * EPS).sqrt()"))
    notebook.run("def spread(x):\n    return statistics(x)[1]").keep("spread")
    assert file.read_text().count("def statistics") == 1 and "2 * EPS" in file.read_text()


def test_a_helper_that_is_an_exercise_itself_becomes_one(file):
    notebook = solved()
    notebook.keep("adain")
    assert mine("channel_statistics", package) is package
    notebook.keep("channel_statistics", "statistics")
    assert mine("channel_statistics", package) is not package
    assert file.read_text().count("def statistics") == 1


def test_helpers_of_one_name_in_two_lessons_live_side_by_side(file):
    Notebook().run("def root(a):\n    return a", "def first(a):\n    return root(a)").keep("first", lesson="06")
    other = Notebook().run("def root(a):\n    return -a", "def second(a, scale=1):\n    return scale * root(a), 'root'")
    assert "Kept" in other.keep("second", lesson="09")
    assert mine("first", package)(2) == 2 and mine("second", package)(2) == (-2, "root")
    assert "def root_09(a):" in file.read_text()
    assert other.keep("second", lesson="09") is None  # nothing new
    same = Notebook().run("def root(a):\n    return a", "def third(a):\n    return root(a)")
    assert "Kept" in same.keep("third", lesson="07") and file.read_text().count("def root(") == 1


def test_a_helper_leaves_the_name_of_an_exercise_to_the_exercise(file):
    notebook = Notebook().run("def content_loss(a):\n    return a", "def loss(a):\n    return content_loss(a)")
    own.keep("training_loss", "05", notebook.space["loss"], {"content_loss": "02", "training_loss": "05"})
    Notebook().run("def content_loss(a):\n    return -a").keep("content_loss", lesson="02")
    assert mine("training_loss", package)(3) == 3 and mine("content_loss", package)(3) == -3


def test_solutions_of_one_name_in_two_lessons_and_names_that_are_arguments_too(file):
    Notebook().run("def root(a):\n    return a").keep("first", "root", lesson="06")
    before = file.read_text()
    said = Notebook().run("def root(a):\n    return -a").keep("second", "root", lesson="09")
    assert "another `root` from lesson 06 already, so give yours a new name" in said
    shadow = Notebook().run("def root(a):\n    return -a", "def g(a):\n    return [(lambda root: root)(1), root(a)]")
    assert "an argument here" in shadow.keep("third", "g", lesson="09")
    assert file.read_text() == before


def test_one_import_name_for_two_things(file):
    Notebook().run("from torch.nn import functional as F", "def first(a):\n    return F.relu(a)").keep("first")
    other = Notebook().run("import adain_lab.functional as F", "def second(a):\n    return F.adain(a, a)")
    assert "`F` is `from torch.nn import functional as F` there already" in other.keep("second")


@pytest.mark.parametrize(
    "cells, statement",
    [
        (["import numpy as np", "def f(a):\n    return np.sqrt(a)"], "import numpy as np"),
        (
            ["from torch.nn import functional as F", "def f(a):\n    return F.relu(a)"],
            "from torch.nn import functional as F",
        ),
        (["from math import sqrt as root", "def f(a):\n    return root(a)"], "from math import sqrt as root"),
        (["from torch import sqrt", "def f(a):\n    return sqrt(a)"], "from torch import sqrt"),
        (["from torch import nn", "def f(a, kind=nn.ReLU):\n    return a"], "from torch import nn"),
        (["import torch", "def f(a: torch.Tensor):\n    return [torch.relu(b) for b in a]"], "import torch"),
        (["import torch", "@torch.no_grad()\ndef f(a):\n    return a"], "import torch"),
        (
            ["from functools import lru_cache", "@lru_cache(maxsize=3)\ndef f(a):\n    return a"],
            "from functools import lru_cache",
        ),
        (
            ["from adain_lab.networks.encoder import STYLE_LAYERS", "def f(a):\n    return STYLE_LAYERS"],
            "STYLE_LAYERS = (",
        ),
        (
            ["from collections import OrderedDict", "class f(OrderedDict):\n    def g(self):\n        return 1"],
            "import OrderedDict",
        ),
    ],
)
def test_imports_are_found(file, cells, statement):
    assert "Kept" in Notebook().run(*cells).keep("f")
    assert statement in file.read_text() and mine("f", package) is not package


def test_a_module_of_layers_is_kept_as_a_class(file):
    notebook = Notebook().run(
        "import torch\nfrom torch import nn\nWIDTH = 3",
        """
        class Net(nn.Module):
            kernel = WIDTH

            def __init__(self):
                super().__init__()
                self.layer = nn.Conv2d(WIDTH, WIDTH, self.kernel)

            @torch.no_grad()
            def forward(self, x):
                return helper(self.layer(x))
        """,
        "def helper(x):\n    return x.relu()",
    )
    assert "Kept" in notebook.keep("decoder", "Net")
    assert mine("decoder", package)()(torch.rand(1, 3, 5, 5)).shape == (1, 3, 3, 3)


def test_recursion_decorators_of_the_notebook_and_other_names_for_a_function(file):
    notebook = Notebook().run(
        "import functools",
        """
        def twice(function):
            @functools.wraps(function)
            def doubled(n):
                return 2 * function(n)
            return doubled
        """,
        "def factorial(n):\n    return 1 if n < 2 else n * factorial(n - 1)\nalias = factorial",
        "@twice\ndef f(n):\n    ### BEGIN SOLUTION\n    return alias(n)\n    ### END SOLUTION",
    )
    assert "Kept" in notebook.keep("f") and mine("f", package)(4) == 48
    assert "SOLUTION" not in file.read_text()


@pytest.mark.parametrize(
    "cells, words",
    [
        (["f = lambda a: a"], "write it with `def`"),
        (["g = lambda a: a", "def f(a):\n    return g(a)"], "`<lambda>` is a lambda"),
        (
            ["def make():\n    k = 3\n    def inner(a):\n        return a * k\n    return inner\nf = make()"],
            "made inside another function",
        ),
        (
            ["import torch\nstyle = torch.ones(3)", "def f(a):\n    return a + style"],
            "uses the notebook's `style`, a Tensor: make it an argument",
        ),
        (["import torch\nnet = torch.nn.ReLU()", "def f(a):\n    return net(a)"], "the notebook's `net`, a ReLU"),
        (["def f(a):\n    return a if a else nowhere"], "uses `nowhere`, which the notebook does not have"),
        (
            ["count = 0", "def f(a):\n    global count\n    count += 1\n    return a"],
            "changes the notebook's variable `count`",
        ),
        (["import functools", "def g(a, b):\n    return a", "f = functools.partial(g, b=1)"], None),
        (["get_ipython = print", "def f(a):\n    get_ipython('%time')\n    return a"], "a command of the notebook"),
        (["if True:\n    def f(a):\n        return a"], "left edge of a cell"),
    ],
)
def test_what_cannot_stand_in_a_file_is_refused_with_a_sentence(file, cells, words):
    said = Notebook().run(*cells).keep("f")
    assert not file.exists()
    assert (
        said is None
        if words is None
        else said.startswith("Not kept in my_adain.py: ") and words in said and said.endswith(".")
    )


def test_functions_of_packages_and_scripts_are_nobodys_own(file):
    assert own.keep("adain", "05", functional.adain) is None
    assert own.keep("blend", "00", package) is None and own.keep("blend", "00", 3) is None
    assert not file.exists()


def test_the_students_function_serves_where_the_package_would(file, capsys):
    """A function got from the module is not copied again; an import of the package's gives way to the student's own."""
    early = Notebook().run("from adain_lab.functional import adain", "def mix(x, y):\n    return adain(x, y)")
    early.keep("mix", lesson="06")
    assert "from adain_lab.functional import adain" in file.read_text()
    Notebook().run("def adain(x, y):\n    return 42").keep("adain")
    assert mine("mix", package)(1, 2) == 42
    later = Notebook()
    later.space["adain"], later.space["normalise"] = mine("adain", package), mine("adain", package)
    later.run("def blend(x, y):\n    return adain(x, y) + normalise(x, y)").keep("blend", lesson="09")
    text = file.read_text()
    assert mine("blend", package)(1, 2) == 84 and text.count("def adain") == 1 and "normalise = adain" in text
    early.run("def mix(x, y):\n    return -adain(x, y)").keep("mix", lesson="06")
    assert mine("mix", package)(1, 2) == -42


@pytest.mark.parametrize(
    "damage, words",
    [
        ("def broken(:\n", "line 11: "),
        ("raise SystemExit('bye')\n", "line 11: SystemExit: bye"),
        ("import no_such_module\n", "ModuleNotFoundError"),
    ],
)
def test_a_broken_module_serves_the_packages_and_says_why(file, capsys, damage, words):
    notebook = Notebook().run("def blend(a):\n    return a", "def late(a):\n    return a")
    notebook.keep("blend")
    with open(file, "a") as handle:
        handle.write(damage)
    before = file.read_text()
    assert mine("blend", package) is package
    out = capsys.readouterr().out
    assert out.startswith("blend: the package's, for my_adain.py does not load: ") and words in out
    assert notebook.keep("late").startswith("Not kept in my_adain.py: ")
    assert file.read_text() == before


def test_a_file_that_is_no_text_is_left_alone(file, capsys):
    file.write_bytes(b"\xff\xfe\x00")
    assert mine("blend", package) is package and "cannot be read" in capsys.readouterr().out
    assert "Not kept" in Notebook().run("def blend(a):\n    return a").keep("blend")
    assert file.read_bytes() == b"\xff\xfe\x00"


def test_a_folder_that_is_missing_is_a_sentence(folder, monkeypatch):
    monkeypatch.setenv("ADAIN_LAB_PROGRESS", str(folder / "nowhere"))
    assert "does not exist" in Notebook().run("def blend(a):\n    return a").keep("blend")
    assert mine("blend", package) is package


def test_where_nothing_is_kept_the_packages_serves(monkeypatch, capsys):
    monkeypatch.delenv("ADAIN_LAB_PROGRESS", raising=False)
    assert own.keep("adain", "05", solved().space["adain"]) is None
    assert mine("adain", package) is package and capsys.readouterr().out == "adain: the package's\n"
    assert mine("adain", package, quiet=True) is package and capsys.readouterr().out == ""
    with pytest.raises(TypeError, match="otherwise must be a function"):
        mine("adain", None)
