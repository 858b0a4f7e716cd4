"""What is written to file descriptor 2 past Python is kept from the reader, and nothing else."""

import contextlib
import os
import sys
import threading

import pytest

from adain_lab.silence import silenced_stderr


@contextlib.contextmanager
def hearing(path):
    """Who reads file descriptor 2 in the block; what they heard is in the file afterwards."""
    kept, log = os.dup(2), os.open(path, os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(log)


@pytest.fixture
def heard(tmp_path):
    return tmp_path / "heard"


def test_only_what_is_said_in_the_block_is_lost(heard):
    with hearing(heard):
        os.write(2, b"before ")
        with silenced_stderr():
            os.write(2, b"within ")
            with silenced_stderr():
                os.write(2, b"nested ")
            os.write(2, b"still within ")
        os.write(2, b"after")
    assert heard.read_text() == "before after"


def test_an_error_in_the_block_gives_it_back(heard):
    with hearing(heard):
        with pytest.raises(ZeroDivisionError), silenced_stderr():
            1 / 0  # noqa: B018
        os.write(2, b"after")
    assert heard.read_text() == "after"


def test_what_python_said_before_is_not_lost(heard, monkeypatch):
    with hearing(heard):
        monkeypatch.setattr(sys, "stderr", os.fdopen(os.dup(2), "w", buffering=4096))
        sys.stderr.write("before ")
        with silenced_stderr():
            pass
    assert heard.read_text() == "before "


def test_threads_may_overlap(heard):
    with hearing(heard):
        first, second = threading.Event(), threading.Event()

        def other():
            with silenced_stderr():
                first.set()
                second.wait(10)

        thread = threading.Thread(target=other)
        with silenced_stderr():
            thread.start()
            first.wait(10)
        os.write(2, b"one is left ")
        second.set()
        thread.join()
        os.write(2, b"none is left")
    assert heard.read_text() == "none is left"


def test_no_descriptors_are_used_up(heard):
    with hearing(heard):
        before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        for _ in range(50):
            with silenced_stderr():
                pass
        assert not before or len(os.listdir("/proc/self/fd")) == before


def test_where_there_is_no_stderr_nothing_happens():
    kept = os.dup(2)
    os.close(2)
    try:
        with silenced_stderr():
            pass
        with pytest.raises(OSError):
            os.fstat(2)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
