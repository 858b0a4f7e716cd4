"""The repository keeps its own rules: imports point one way, dependencies agree, documents name what exists."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "adain_lab"

#: The rooms of the package, from the ground up; a module may import from its own room and from those before it.
ROOMS = [
    {"errors"},
    {"files", "silence", "stopping"},
    {"functional", "whitening", "images", "devices", "data", "course", "progress"},
    {"networks", "statistics"},
    {"weights", "losses"},
    {"controls"},
    {"drawing"},
    {"optimize", "stylizer", "metrics"},
    {"tiling", "sheet"},
    {"training", "video"},
    {"recipes", "bench", "export"},
    {"lessons", "checks"},
    {"widgets"},
    {"commands"},
    {"cli", "__main__"},
]
#: Inside a room, too, imports point one way: a module may import from those before it.
INSIDE = {
    "files": ["words", "names", "reading", "writing"],
    "images": ["opening", "sizes", "tensors", "saving"],
    "networks": ["palette", "encoder", "conditioning", "decoder", "folded_decoder", "normalization", "feedforward"],
    "controls": ["color", "label_maps", "masks", "regions", "palette", "style_space", "controls", "interpolation"],
    "optimize": ["config", "pixels", "gatys", "inversion"],
    "training": [
        "config",
        "datasets",
        "checkpoints",
        "curves",
        "distributed",
        "progress",
        "tensorboard",
        "objective",
        "state",
        "loop",
        "run",
        "feedforward",
    ],
    "video": ["clips", "animations", "files", "stylize"],
    "export": ["model", "cached", "painting", "graphs", "files", "browser_runtime", "web"],
    "tiling": ["geometry", "pixels", "moments", "colours", "scene", "painting"],
    "recipes": ["schema", "packing", "recipe", "ingredients", "program", "painter"],
    "lessons": [
        "show",
        "measured",
        "questions",
        "descriptions",
        "plots",
        "parts",
        "collect",
        "own",
        "own_stylizer",
        "diagrams",
        "experiments",
    ],
    "widgets": [
        "frontend",
        "uploads",
        "stills",
        "cells",
        "one_style",
        "saved",
        "session",
        "panel",
        "channel",
        "predict",
        "thumbnails",
        "camera",
        "live_panel",
        "picture_panel",
        "inversion",
        "gatys",
        "regions",
        "interpolation",
        "style_space",
        "alpha",
        "color",
        "mask",
        "studio_state",
        "studio",
    ],
    # The rooms within: what panels compute, and what they show without a browser.
    "widgets/stills": ["captions", "chroma", "corner_pad", "curves", "regions"],
    "widgets/session": [
        "recorder",
        "worker",
        "gallery",
        "inversion",
        "live_run",
        "pictures",
        "examples",
        "live_transfer",
        "camera",
        "mask_codec",
        "studio",
        "style_map",
        "gatys",
        "mask_words",
        "studio_settings",
    ],
}


def modules():
    return sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


def home(path: Path) -> str:
    """The first-level name a file belongs to: adain_lab/weights/registry.py -> weights."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, top_level_only: bool = False):
    tree = without_type_checking(ast.parse(path.read_text(encoding="utf-8")))
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def without_type_checking(tree: ast.Module) -> ast.Module:
    """The program as it runs: what only type checkers read is left out."""
    tree.body = [
        node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return tree


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path):
    level = {name: i for i, room in enumerate(ROOMS) for name in room}
    here, place = home(path), path.relative_to(PACKAGE).parts[1:]
    assert here in level, f"{here} has no place among the rooms"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "adain_lab" and len(parts) > 1 and parts[1] in level:
            assert level[parts[1]] <= level[here], f"{path.name} imports {name}, which lies above it"
            order = INSIDE.get(here, [])
            if parts[1] == here and order and place != ("__init__.py",) and len(parts) > 2 and parts[2] in order:
                own = place[0].removesuffix(".py")  # a module, or a package of several
                assert order.index(parts[2]) < order.index(own) or parts[2] == own != path.stem, (
                    f"{path.name} imports {name}, which comes after it"
                )
            within = INSIDE.get("/".join((here, *place[:-1])), [])
            if len(place) > 1 and parts[1:-1] == [here, place[0]] and parts[-1] in within and path.stem in within:
                assert within.index(parts[-1]) < within.index(path.stem), f"{path.name} imports {name}, after it"
        if here == "widgets" and place[0] in ("session", "stills"):
            assert parts[0] not in ("ipywidgets", "anywidget", "traitlets"), f"{path.name} imports {name}"
        if level[here] < level["widgets"]:
            assert parts[0] not in ("ipywidgets", "anywidget"), f"{path.name} imports {name}"
        if level[here] < level["lessons"]:
            assert name != "matplotlib.pyplot", f"{path.name} imports {name}"


def calls(path: Path):
    """What a module calls, as written: "Image.open"."""
    return [
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_pictures_are_opened_in_one_place(path):
    """Where the formats are limited, the size is checked, and what is no file is refused."""
    if path != PACKAGE / "images" / "opening.py":
        assert not {"Image.open", "PIL.Image.open", "ImageOps.exif_transpose"} & set(calls(path))


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_what_users_do_wrong_is_of_one_family(path):
    """Else the command line takes it for a bug. Students' mistakes are no errors of the package."""
    if home(path) == "checks" and path.name != "report.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    raised = {
        ast.unparse(node.exc.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    assert not raised & {"ValueError", "TypeError", "FileNotFoundError", "ConnectionError", "PermissionError"}


def test_sizes_are_refused_in_one_place():
    """So that every panel and every command says it in the same words."""
    assert [path.name for path in modules() if 'f"size must be a whole' in path.read_text("utf-8")] == ["sizes.py"]


def test_every_module_has_a_place_in_its_room():
    for room, order in INSIDE.items():
        there = [*(PACKAGE / room).glob("*.py"), *(p.parent for p in (PACKAGE / room).glob("*/__init__.py"))]
        assert sorted(order) == sorted(p.stem for p in there if p.stem != "__init__"), room


def test_the_map_of_the_rooms_is_whole():
    """README and CONTRIBUTING name every room, and nothing that is none."""
    rooms = set().union(*ROOMS) - {"__main__"}
    table = (ROOT / "CONTRIBUTING.md").read_text().split("## The map of the rooms")[1].split("##")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [set(re.findall(r"`(\w+)/?`", row)) for row in rows] == [room - {"__main__"} for room in _merged(rows)]
    tree = (ROOT / "README.md").read_text().split("## How it is built")[1].split("notebooks/")[0]
    for room in rooms - {"progress"}:
        assert re.search(rf"\b{room}\b", tree), room


def _merged(rows):
    """The rooms as the table groups them: small ones stand in one row."""
    rest, groups = list(ROOMS), []
    for row in rows:
        named, group = set(re.findall(r"`(\w+)/?`", row)), set()
        while rest and rest[0] - {"__main__"} <= named:
            group |= rest.pop(0)
        groups.append(group)
    assert not rest, rest
    return groups


def test_importing_the_package_is_light():
    code = "import sys, adain_lab, adain_lab.cli; print([m for m in ('torch', 'numpy', 'PIL', 'ipywidgets') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_public_names_exist_and_are_few():
    import adain_lab

    assert len(adain_lab.__all__) <= 25
    for name in adain_lab.__all__:
        assert getattr(adain_lab, name) is not None
    with pytest.raises(AttributeError):
        adain_lab.no_such_name  # noqa: B018


def test_environment_yml_repeats_pyproject():
    import yaml
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name
    from rattler import MatchSpec

    conda_names = {"pytorch": "torch", "python-safetensors": "safetensors"}
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert environment["channels"] == ["conda-forge"]
    conda = {}
    for line in environment["dependencies"]:
        if isinstance(line, str):
            spec = MatchSpec(line, strict=True)  # refuses what conda would refuse
            name = line.split()[0]
            conda[canonicalize_name(conda_names.get(name, name))] = str(spec.version or "")
    optional = {Requirement(r).name: str(Requirement(r).specifier) for r in project["optional-dependencies"]["test"]}
    for line in project["dependencies"]:
        requirement = Requirement(line)
        assert conda.get(canonicalize_name(requirement.name)) == str(requirement.specifier), line
    assert conda["nbval"] == optional["nbval"]
    assert conda["python"] == project["requires-python"]


def test_versions_agree():
    import adain_lab

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert adain_lab.__version__ == project["version"]
    assert f"version: {project['version']}" in (ROOT / "CITATION.cff").read_text()
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text()


def documents():
    return [
        p
        for p in ROOT.rglob("*.md")
        if not any(part.startswith(".") or part in ("build", "node_modules") for part in p.relative_to(ROOT).parts)
    ]


@pytest.mark.parametrize("path", documents(), ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")) + re.findall(
        r'src="([^"]+)"', path.read_text(encoding="utf-8")
    ):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_readme_commands_exist():
    """Every adain-lab command and every make target the README shows is there, and every option too."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^\s*make ([a-z]+)", readme, re.M)) | set(re.findall(r"`make ([a-z]+)`", readme))
    assert {"lab", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target
    shown = re.findall(r"adain-lab ([a-z]+)((?: [^`\n]*)?)", readme)
    assert shown
    for command, rest in shown:
        result = subprocess.run([sys.executable, "-m", "adain_lab", command, "--help"], capture_output=True, text=True)
        assert result.returncode == 0, command
        for option in re.findall(r"(--[a-z-]+)", rest):
            assert option in result.stdout, f"adain-lab {command} {option}"


def test_nothing_names_this_machine():
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    pattern = re.compile(r"(?<![\w.])/(?:home|root|Users)/\w")
    for name in filter(None, tracked):
        path = ROOT / name
        if (
            path.suffix in (".py", ".md", ".ipynb", ".js", ".css", ".yml", ".toml", ".json", ".csv", ".cff")
            and path.is_file()
        ):
            assert not pattern.search(path.read_text(encoding="utf-8")), name
