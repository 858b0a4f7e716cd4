"""The one progress bar: only in a terminal, only for what takes a while, with the time left."""

import io

from adain_lab import progress
from adain_lab.progress import Progress


class Terminal(io.StringIO):
    """What stands for a terminal: stderr that says that it is one."""

    def isatty(self):
        return True


def screen_of(monkeypatch):
    """stderr as a terminal; in the test itself, since pytest puts its own there before each part of one."""
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    return screen


def drive(bar):
    with bar:
        bar.note("a note")
        for done in range(1, 4):
            bar(done, 4, "cats", postfix="loss 3")
    return bar


def test_nothing_is_written_where_stderr_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(progress, "DELAY", 0)
    drive(Progress("picture", 4))
    assert capsys.readouterr() == ("", "")


def test_what_is_done_at_once_needs_no_bar(monkeypatch):
    terminal = screen_of(monkeypatch)
    drive(Progress("picture", 4))
    assert terminal.getvalue() == "adain-lab: a note\n"


def test_a_bar_says_what_is_done_and_how_long_it_will_take(monkeypatch):
    terminal = screen_of(monkeypatch)
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)
    bar = Progress("picture", 4)
    bar(1, what="cats")
    bar._bar.refresh()
    bar(2, postfix="loss 3")
    bar._bar.refresh()
    said = terminal.getvalue()
    assert "cats:" in said and "2 of 4 picture" in said and " left, loss 3" in said
    bar.close()
    assert terminal.getvalue().rstrip(" ").endswith("\r"), "the bar is taken away"


def test_a_quiet_bar_says_nothing(monkeypatch):
    terminal = screen_of(monkeypatch)
    monkeypatch.setattr(progress, "DELAY", 0)
    drive(Progress("picture", 4, quiet=True))
    assert terminal.getvalue() == ""


def test_it_goes_on_from_what_an_earlier_run_did(monkeypatch):
    terminal = screen_of(monkeypatch)
    monkeypatch.setattr(progress, "DELAY", 0)
    with Progress("it", 10, "training", done=6) as bar:
        bar.advance()
        bar._bar.refresh()
    assert "7 of 10 it" in terminal.getvalue()


def test_after_it_was_closed_it_begins_anew(monkeypatch):
    terminal = screen_of(monkeypatch)
    monkeypatch.setattr(progress, "DELAY", 0)
    bar = Progress("B")
    bar(500, 1000, "a.bin")
    bar.close()
    bar.advance()  # there is nothing to advance
    bar(2000, 4000, "b.bin")
    bar._bar.refresh()
    assert "b.bin" in terminal.getvalue() and "2.00k of 4.00k B" in terminal.getvalue()
    bar.close()
