"""What was solved is kept from kernel to kernel, never lost, and shown as a map."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adain_lab import checks, cli, course

pytestmark = pytest.mark.usefixtures("fresh_checks")
ROOT = Path(__file__).resolve().parent.parent


def blend(first, second, alpha):
    return (1 - alpha) * first + alpha * second


def wrong(first, second, alpha):
    return alpha * second


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADAIN_LAB_PROGRESS", str(tmp_path))
    return tmp_path


def table(folder):
    return json.loads((folder / "adain_lab_progress.json").read_text(encoding="utf-8"))["exercises"]


def another_kernel():
    checks.reset()


def report(capsys, **options):
    capsys.readouterr()
    checks.report(**options)
    return capsys.readouterr().out


def test_a_pass_is_known_in_another_kernel(folder, capsys):
    checks.blend(blend)
    another_kernel()
    assert checks.results()["blend"].status == "not attempted"
    assert "blend               ✓ passed            1 / 1" in report(capsys, lesson="00")
    path = folder / "grades.json"
    checks.report(path)
    row = next(row for row in json.loads(path.read_text())["exercises"] if row["name"] == "blend")
    assert row["points"] == 1 and row["message"].startswith("A straight line")
    assert table(folder)["blend"]["lesson"] == "00"


def test_a_tick_once_earned_stays(folder, capsys):
    checks.blend(wrong)
    assert table(folder)["blend"]["status"] == "failed"
    checks.blend(blend)
    when = table(folder)["blend"]
    checks.blend(wrong)
    checks.blend(None)
    assert table(folder)["blend"] == when and "1 of 3 exercises passed" in report(capsys, lesson="00")
    assert checks.results()["blend"].status == "not attempted"  # what this kernel has, cells go by


def test_a_failure_is_kept_until_it_is_better(folder, capsys):
    checks.blend(wrong)
    another_kernel()
    checks.blend(None)  # the untouched stub of a kernel that was started anew
    assert "✗ failed" in report(capsys, lesson="00")
    assert table(folder)["blend"]["message"] == checks.blend(wrong).message


def test_nothing_is_written_for_stubs_and_where_nothing_is_kept(folder, monkeypatch):
    checks.blend(None)
    monkeypatch.setenv("ADAIN_LAB_PROGRESS", "off")
    checks.blend(blend)
    monkeypatch.delenv("ADAIN_LAB_PROGRESS")  # and pytest's runs do not litter
    monkeypatch.chdir(folder)
    checks.blend(blend)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        '{"exercises": 3}',
        '{"exercises": {"blend": {"status": "passed"}}}',
        '{"exercises": {"blend": 1}}',
        "[" * 200_000,
        '{"exercises": ' + '{"a":' * 100_000,
    ],
)
def test_a_damaged_file_is_put_aside_with_a_sentence(folder, capsys, text):
    (folder / "adain_lab_progress.json").write_text(text)
    checks.blend(blend)
    out = capsys.readouterr().out
    assert "was damaged, so your progress begins anew; the old file is" in " ".join(out.split())
    assert (folder / "adain_lab_progress.damaged.json").read_text() == text
    assert table(folder).keys() == {"blend"}
    assert "damaged" not in report(capsys)


def test_bytes_that_are_no_text_are_damage_too(folder, capsys):
    (folder / "adain_lab_progress.json").write_bytes(b"\xff\xfe")
    assert "was damaged" in report(capsys)


def test_verdicts_of_another_version_stay_in_the_file(folder, capsys):
    later = {"status": "passed", "message": "", "details": []}
    (folder / "adain_lab_progress.json").write_text(json.dumps({"exercises": {"of_tomorrow": later}}))
    checks.blend(blend)
    assert table(folder).keys() == {"of_tomorrow", "blend"} and "of_tomorrow" not in report(capsys)


def test_a_file_that_cannot_be_written_is_a_sentence(folder, capsys, monkeypatch):
    monkeypatch.setenv("ADAIN_LAB_PROGRESS", str(folder / "nowhere"))
    assert checks.blend(blend).passed
    assert "Your progress is not kept: the folder" in capsys.readouterr().out


def test_an_interrupted_write_leaves_the_old_file(folder, monkeypatch, capsys):
    checks.blend(blend)
    before = (folder / "adain_lab_progress.json").read_text()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    checks.upsample(lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3))
    assert "no space left on the disk" in " ".join(capsys.readouterr().out.split())
    assert [path.name for path in folder.iterdir()] == ["adain_lab_progress.json"]
    assert (folder / "adain_lab_progress.json").read_text() == before


# ---- the map ----------------------------------------------------------------------------------------------------------


def test_the_lessons_of_the_map_are_those_there_are():
    files = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [file for file, _ in course.LESSONS.values()] == files
    for number, (file, title) in course.LESSONS.items():
        cells = json.loads((ROOT / "notebooks" / file).read_text(encoding="utf-8"))["cells"]
        assert "".join(cells[1]["source"]).startswith(f"# {number} · {title}\n")  # below the link to the solved version
    assert {check.lesson for check in checks.EXERCISES.values()} == set(course.LESSONS)


def test_the_map_in_words_and_as_html(folder):
    checks.blend(blend)
    checks.channel_statistics(lambda images: images)
    checks.upsample(lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3))
    another_kernel()
    shown = checks.progress_map()
    lines = repr(shown).splitlines()
    assert re.fullmatch(r"00  Start here +✗✓○ +1 of 3 solved", lines[0])
    assert re.fullmatch(r"05  AdaIN +○✓○○○○○ +1 of 7 solved", lines[5])
    assert lines[1].endswith("not begun") and lines[-1] == f"2 of {len(checks.EXERCISES)} exercises passed"
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == repr(shown)
    page = bundle["text/html"]
    assert page.count("<li") == len(course.LESSONS) and 'href="05_adain.ipynb"' in page
    assert 'aria-label="upsample: passed"' in page and page.count('role="img"') == len(checks.EXERCISES)


def test_a_lesson_that_is_solved_says_so(folder):
    for name, check in checks.EXERCISES.items():
        if check.lesson == "05":
            core_result = checks.CheckResult(name, "05", "passed", "", points=check.points)
            checks.core._results[name] = core_result
    assert repr(checks.progress_map()).splitlines()[5].endswith("  ✓✓✓✓✓✓✓  all solved")


def test_the_command_shows_the_map_before_it_opens(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ADAIN_LAB_PROGRESS", str(tmp_path / "lessons"))
    (tmp_path / "lessons").mkdir()
    checks.blend(blend)
    another_kernel()
    monkeypatch.delenv("ADAIN_LAB_PROGRESS")
    monkeypatch.setattr("os.execve", lambda program, command, variables: print("opened"))
    assert cli.main(["lab", str(tmp_path / "lessons"), "--no-browser"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"00  Start here +○✓○ +1 of 3 solved", out)
    assert out.index("Start here") < out.index("opened")


def test_a_real_kernel_keeps_its_work_beside_the_notebook(tmp_path):
    """As JupyterLab starts it: the path of the notebook is in its environment."""
    pytest.importorskip("ipykernel")
    manager = pytest.importorskip("jupyter_client.manager")
    free = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "ADAIN_LAB_PROGRESS"))}
    path = os.pathsep.join([str(ROOT), free.get("PYTHONPATH", "")])
    environment = free | {"JPY_SESSION_NAME": str(tmp_path / "00_start_here.ipynb"), "PYTHONPATH": path}
    kernel, client = manager.start_new_kernel(kernel_name="python3", env=environment, cwd=str(tmp_path))
    said = []
    try:
        for cell in (
            "def blend(first, second, alpha):\n    return (1 - alpha) * first + alpha * second",
            "from adain_lab import checks\nchecks.blend(blend).points",
        ):
            reply = client.execute_interactive(
                cell, timeout=120, output_hook=lambda message: said.append(message["content"])
            )
            assert reply["content"]["status"] == "ok", reply
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    assert any("Kept as `blend` in my_adain.py" in content.get("text", "") for content in said)
    assert table(tmp_path)["blend"]["status"] == "passed"
    run = subprocess.run(
        [sys.executable, "-c", "import my_adain; print(my_adain.blend(1, 3, 0.5))"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.stdout == "2.0\n", run.stderr
