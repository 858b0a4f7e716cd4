"""``samples``, ``sheet``, ``info``, ``completion`` and every command's help."""

import json
import subprocess
import sys
from importlib import metadata

import numpy as np
import pytest
from PIL import Image

import adain_lab
from adain_lab import data
from adain_lab.commands import COMMANDS
from adain_lab.commands.common import MODEL_NAMES
from adain_lab.sheet import Cell, contact_sheet, style_sheet
from adain_lab.weights.registry import DEFAULT_MODEL, MODELS

SMALL = ["--model", "tiny", "--device", "cpu"]


def test_help_and_completion_know_every_model():
    """They do not import the registry, which imports PyTorch."""
    assert tuple(MODELS) == MODEL_NAMES and MODEL_NAMES[0] == DEFAULT_MODEL
    assert [name for name, spec in MODELS.items() if not spec.bundled] == ["paper"], "the one to be downloaded"


def test_samples_lists_every_picture(run):
    status, out, err = run("samples")
    assert (status, err) == (0, "")
    for kind in ("content", "style", "masks"):
        for name, sample in data.samples(kind).items():
            assert f"  {name} " in out and sample.title in out
    _, out, _ = run("samples", "style")
    assert "kilim" in out and "astronaut" not in out
    assert "choose from content, style, masks" in run("samples", "paintings")[2]


def test_samples_as_json(run):
    rows = json.loads(run("samples", "content", "--json")[1])
    assert {row["name"] for row in rows} == set(data.samples("content"))
    assert all(row["alt"] and row["licence"] and row["path"].endswith(".jpg") for row in rows)


def test_info_says_what_is_here(run, monkeypatch, tmp_path):
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(metadata, "version", lambda name: "9.9" if name != "av" else _missing(name))
    found = json.loads(run("info", "--json")[1])
    assert found["adain_lab"] == adain_lab.__version__ and found["packages"]["torch"] == "9.9"
    assert sum(device["default"] for device in found["devices"]) == 1
    models = {(row["name"], row["part"]): row for row in found["models"]}
    assert models["slim", "encoder"]["here"] and models["slim", "encoder"]["megabytes"] > 1
    assert not models["paper", "decoder"]["here"] and models["paper", "decoder"]["get"] == "adain-lab download paper"
    assert found["folders"]["cache"] == str(tmp_path / "cache")
    _, out, _ = run("info")
    assert 'not installed: pip install "adain_lab[video]"' in out and "not here: adain-lab download paper" in out
    assert f"adain_lab {adain_lab.__version__}" in out and "(default)" in out


def _missing(name):
    raise metadata.PackageNotFoundError(name)


# ---- sheet


def test_a_sheet_holds_the_photograph_and_every_style(run, picture_file, tmp_path):
    stylizer = adain_lab.load("tiny", device="cpu")  # in the precision that the command takes here
    photo, x, y = picture_file("photo.png", 40, 48), picture_file("s/x.png", seed=1), picture_file("s/y.png", seed=2)
    arguments = ["sheet", photo, "--style", "s", "-s", x, "--size", 32, "--alpha", 0.5, *SMALL]
    status, out, err = run(*arguments, "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert answer["output"] == "photo_sheet.png" and answer["styles"] == ["x", "y", "x 2"]
    expected = style_sheet(stylizer, photo, {"x": x, "y": y, "x 2": x}, 0.5, size=32)
    with Image.open(tmp_path / "photo_sheet.png") as image:
        assert image.size == (answer["width"], answer["height"])
        assert np.abs(np.asarray(image).astype(int) - np.asarray(expected)).max() <= 2
    assert "wrote photo_sheet-2.png" in run(*arguments)[1]
    assert run(*arguments, "-q", "-o", "mine.jpg") == (0, "", "")


def test_without_styles_all_samples_are_shown(run, tmp_path):
    status, out, _ = run("sheet", "cat", "--size", 24, "--json", *SMALL)
    assert status == 0 and json.loads(out)["styles"] == list(data.samples("style"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.png"], "does not exist"),
        (["cat", "-s", "nothing.png"], "does not exist"),
        (["cat", "--columns", "-1"], "columns must be a whole number"),
        (["cat", "--alpha", "-1"], "alpha must be 0"),
        (["cat", "--preserve-color", "sepia"], "choose from match, luminance"),
        (["cat", "-o", "out.txt"], "must end in"),
        (["cat", "--size", "-1"], "size must be a whole number"),
    ],
)
def test_what_a_sheet_cannot_be(run, tmp_path, arguments, words):
    options = ["--size", "24", *SMALL] if "--size" not in arguments else SMALL
    status, out, err = run("sheet", *arguments, *options)
    assert (status, out) == (2, "") and words in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_colours_of_a_sheet_are_those_of_the_stylizer(stylizer, content, style):
    sheet = style_sheet(stylizer, content, {"a": adain_lab.to_pil(style)}, color="match", size=32, columns=1)
    code = stylizer.encode_content(content, size=32)
    painted = stylizer(content, adain_lab.to_pil(style), color="match", size=32, style_size=32)
    expected = np.asarray(adain_lab.to_pil(painted)).astype(int)
    height, width = code.images.shape[2:]
    cell = sheet.height // 2  # gap, picture and label of the upper of two
    found = np.asarray(sheet.crop((7, cell + 4, 7 + width, cell + 4 + height))).astype(int)
    offsets = [
        np.abs(np.roll(found, shift, 0)[: height // 2] - expected[: height // 2]).mean() for shift in range(-6, 7)
    ]
    assert min(offsets) < 1


def test_cells_are_laid_out_in_rows_with_labels_and_insets():
    grey, wide = Image.new("RGB", (60, 40), "grey"), Image.new("RGB", (80, 20), "grey")
    cells = [Cell("short", grey, Image.new("RGB", (30, 30), "red")), Cell("a label far too long for it", wide)]
    one, two = contact_sheet(cells, 1), contact_sheet(cells, 2)
    assert one.width < two.width and one.height > two.height
    pixels = np.asarray(two).astype(int)
    red = (pixels[..., 0] > 200) & (pixels[..., 1] < 50)
    rows, columns = np.nonzero(red)
    assert red.sum() == 12 * 12 and rows.max() < 47 and columns.min() > 16, "in the lower left corner of the first"
    labels = (pixels[48:] < 128).all(2)
    assert labels[:, :90].any() and labels[:, 90:].any() and not labels[:, :8].any(), "each below its own picture"
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])
    with pytest.raises(ValueError, match="columns"):
        contact_sheet(cells, True)


# ---- shells


def test_bash_completes_commands_options_samples_and_words(run, tmp_path):
    (tmp_path / "complete.sh").write_text(run("completion", "bash")[1])
    (tmp_path / "kitchen.jpg").touch()
    script = """
    source ./complete.sh
    line="$1"; COMP_WORDS=($line ""); [ "${line% }" = "$line" ] && COMP_WORDS=($line)
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE="$line"; COMP_POINT=${#line}
    _shtab_adain_lab; printf '%s\\n' "${COMPREPLY[@]}"
    """

    def complete(line):
        command = ["bash", "-c", script, "bash", line]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return result.stdout.split()

    assert complete("adain-lab s") == ["studio", "stylize", "sheet", "samples"]
    assert complete("adain-lab stylize --preserve") == ["--preserve-color"]
    assert complete("adain-lab stylize ki") == ["kilim", "kitchen.jpg"]
    assert complete("adain-lab stylize cat --style ki") == ["kilim", "kitchen.jpg"]
    assert complete("adain-lab gatys temple wave_print --device c") == ["cpu", "cuda"]


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_a_script_too(run, shell):
    status, out, err = run("completion", shell)
    assert (status, err) == (0, "") and "stylize" in out and "--preserve-color" in out
    assert "choose from" in run("completion", "cmd")[2]


# ---- help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_ends_in_examples_that_can_be_parsed(run, command):
    from adain_lab import cli

    status, out, _ = run(command, "--help")
    assert status == 0
    examples = [
        line.strip() for line in out.split("examples:\n")[1].splitlines() if line.strip().startswith("adain-lab ")
    ]
    assert examples or command == "completion"
    for line in examples:
        words = line.split(" | ")[0].split(" > ")[0].replace('"', "").split()[1:]
        options = cli._parser().parse_args(words)
        assert options.command.__module__ == f"adain_lab.commands.{command}", line


def test_help_needs_nothing_heavy():
    code = "import sys\nfrom adain_lab.cli import main\n"
    code += "try: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in ('torch', 'numpy', 'PIL', 'tqdm', 'shtab', 'voila', 'ipywidgets') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip().endswith("[]")


def test_stylize_imports_no_more_than_it_needs(tmp_path):
    code = "import sys\nfrom adain_lab.cli import main\n"
    code += "main('stylize cat kilim --size 24 --style-size 24 --model tiny -q -o out.png'.split())\n"
    code += "print([m for m in ('torchvision', 'matplotlib', 'ipywidgets', 'anywidget', 'voila', 'av')"
    code += " if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
