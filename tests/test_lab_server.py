"""What ``adain-lab lab`` tells Jupyter beside the user's own configuration, and what its server does to a lesson."""

import asyncio
import copy
import json
import os
import platform
from pathlib import Path

from adain_lab.commands.lab import environment
from adain_lab.commands.lab_server import contents_manager, fill_in


def test_lab_keeps_the_users_configuration_before_its_own():
    given = {"JUPYTER_CONFIG_PATH": "mine", "HOME": "here"}
    student, instructor = (environment(who, given)["JUPYTER_CONFIG_PATH"].split(os.pathsep) for who in (False, True))
    assert given == {"JUPYTER_CONFIG_PATH": "mine", "HOME": "here"} and environment(True, given)["HOME"] == "here"
    assert student[0] == instructor[0] == "mine" and set(instructor) < set(student)
    for folder in student[1:]:  # and what is there is what Jupyter reads: JSON
        assert [json.loads(file.read_text()) for file in Path(folder).rglob("*.json")]


def test_lessons_go_to_the_page_with_the_kernels_language():
    lesson = {"type": "notebook", "content": {"metadata": {"language_info": {"name": "python"}}}}
    version = fill_in(copy.deepcopy(lesson))["content"]["metadata"]["language_info"]["version"]
    assert version == platform.python_version()
    others = [
        {"type": "notebook", "content": {"metadata": {"language_info": {"name": "python", "version": "2.7"}}}},
        {"type": "notebook", "content": {"metadata": {}}},
        {"type": "notebook", "content": None},
        {"type": "file", "content": "text"},
        {"type": "directory", "content": [lesson]},
    ]
    assert [fill_in(copy.deepcopy(other)) for other in others] == others

    class Plain:
        def get(self, path, content=True):
            return copy.deepcopy(lesson) if content else {"type": "notebook", "content": None}

    class Later:
        async def get(self, path, content=True):
            return copy.deepcopy(lesson)

    filled = contents_manager(Plain)().get("a.ipynb")
    assert filled == asyncio.run(contents_manager(Later)().get("a.ipynb")) != lesson
    assert contents_manager(Plain)().get("a.ipynb", content=False)["content"] is None
