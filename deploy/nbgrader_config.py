"""nbgrader's settings for this course: copy it into your course's folder, beside ``source/``.

The sources of the lessons (``notebooks/solutions``) go into ``source/ASSIGNMENT/``.
"""

from nbconvert.preprocessors import TagRemovePreprocessor
from nbgrader.converters import GenerateAssignment

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "style-transfer"

# Cells with the tag "solutions-only" try the solved functions out and assert what the lesson claims; a released lesson has neither.
c.GenerateAssignment.preprocessors = [TagRemovePreprocessor, *GenerateAssignment.preprocessors.default_args[0]]
c.TagRemovePreprocessor.enabled = True
c.TagRemovePreprocessor.remove_cell_tags = {"solutions-only"}

# The slowest lesson runs in well under two minutes; a student's loop may be slower.
c.ExecutePreprocessor.timeout = 600
