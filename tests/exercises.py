"""What the checks of every lesson promise: a solution passes, a stub is "not attempted", a mistake has its name,
nothing raises.
"""

import math

import torch

from adain_lab import checks


def said(check, function) -> str:
    """What a check says of a wrong answer."""
    result = check(function)
    assert result.status == "failed", result
    return result.message


class ExerciseTests:
    """Tests of a lesson's exercises; a subclass names them.

    Attributes:
        lessons: the lessons whose exercises these are, such as ``("05",)``.
        solutions: a function that solves the exercise, by the exercise's name.
        mistakes: the tables of mistakes that its check knows, by the exercise's name.
    """

    lessons: tuple = ()
    solutions: dict = {}
    mistakes: dict = {}

    def pytest_generate_tests(self, metafunc):
        pairs = [(name, mistake) for name, table in self.mistakes.items() for mistake in table]
        if "mistake" in metafunc.fixturenames:
            metafunc.parametrize("name, mistake", pairs, ids=lambda x: getattr(x, "message", x)[:50])
        elif "name" in metafunc.fixturenames:
            metafunc.parametrize("name", self.solutions)

    def as_written(self, name, wrong):
        """A mistake's function as a student would hand it in."""
        return wrong

    def test_every_exercise_has_a_solution_here(self):
        assert set(self.solutions) == {name for name, check in checks.EXERCISES.items() if check.lesson in self.lessons}
        assert all(getattr(checks, name) is checks.EXERCISES[name] for name in self.solutions)

    def test_the_solution_passes(self, name, capsys):
        result = checks.EXERCISES[name](self.solutions[name])
        assert result.passed and result.status == "passed", result
        assert result.points == checks.EXERCISES[name].points > 0
        assert f"✓ {name}: passed" in capsys.readouterr().out

    def test_an_untouched_stub_is_not_attempted(self, name, capsys):
        def stub(*args):
            # YOUR CODE HERE
            raise NotImplementedError()

        def empty(*args):
            pass

        def dots(*args):
            return ...

        for function in (stub, empty, dots, lambda *args: ..., None, ...):
            result = checks.EXERCISES[name](function)
            assert result.status == "not attempted" and result.points == 0, function
            assert f"○ {name}: not attempted yet" in capsys.readouterr().out

    def test_the_mistake_is_named(self, name, mistake):
        assert (
            said(checks.EXERCISES[name], self.as_written(name, mistake.wrong)).casefold()
            == sentence(mistake.message).casefold()
        )

    def test_an_exception_is_reported_with_its_line(self, name):
        def broken(*args):
            picture = torch.ones(3)
            return picture[7]

        def leaves(*args):
            raise SystemExit("bye")

        result = checks.EXERCISES[name](broken)
        assert result.status == "failed"
        assert (
            "IndexError" in result.message and "return picture[7]" in result.message and "Traceback" not in str(result)
        )
        assert "SystemExit: bye" in said(checks.EXERCISES[name], leaves)

    def test_odd_answers_fail_and_do_not_raise(self, name):
        odd = (None, None), {}, [1, 2], "text", math.nan, torch.ones(1), torch.ones(1).expand(2)
        for function in (
            7,
            "text",
            torch.ones(1),
            *(lambda *args, value=value: value for value in odd),
            lambda *args: 1 / 0,
        ):
            assert checks.EXERCISES[name](function).status == "failed", function
        for function in (lambda: None, lambda: 3, lambda *args: args[0] / 0):
            assert checks.EXERCISES[name](function).status != "passed"


def sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", "…", ":")) else text + "."
