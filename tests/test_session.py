"""What panels compute: the stylizer's own pictures, with everything encoded once."""

import pytest
import torch

from adain_lab.controls.controls import Controls
from adain_lab.images import resize, to_tensor
from adain_lab.statistics import Statistics, mix
from adain_lab.widgets.session import Session


@pytest.fixture
def session(stylizer, content, style, other_style):
    session = Session(stylizer, 48)
    for gallery, picture, name in (
        (session.contents, content, "photo"),
        (session.styles, style, "a"),
        (session.styles, other_style, "b"),
    ):
        gallery.add(picture, name)
    return session


@pytest.fixture
def fitted(content, style, other_style, session):
    """What the session makes of its pictures: 8 bits, and 48 pixels."""
    pictures = (
        gallery[name].open()
        for gallery, name in ((session.contents, "photo"), (session.styles, "a"), (session.styles, "b"))
    )
    return [resize(to_tensor(picture), 48) for picture in pictures]


MASKS = torch.zeros(2, 48, 66)
MASKS[0, :20], MASKS[1, 30:] = 1, 1


@pytest.mark.parametrize(
    "controls",
    [
        {},
        {"alpha": 0.3},
        {"weights": [1, 3]},
        {"color": "match"},
        {"color": "luminance", "weights": [1, 2]},
        {"masks": MASKS},
        {"masks": MASKS, "alpha": [1, 0.4], "color": "match", "global_statistics": True},
    ],
    ids=lambda controls: ", ".join(controls) or "none",
)
def test_every_control_gives_the_stylizers_own_picture(session, stylizer, fitted, controls):
    content, a, b = fitted
    assert torch.equal(
        session.render("photo", ["a", "b"], Controls(**controls)).images, stylizer(content, [a, b], **controls)
    )


def test_one_style_needs_no_list_and_statistics_are_styles_too(session):
    one = session.render("photo", "a").images
    assert torch.equal(session.render("photo", ["a"]).images, one)
    assert torch.equal(session.render("photo", session.statistics("a")).images, one)
    mixed = mix([session.statistics("a"), session.statistics("b")])
    assert torch.allclose(
        session.render("photo", [mixed, "b"], Controls(weights=[1, 0])).images,
        session.render("photo", ["a", "b"]).images,
    )
    assert isinstance(mixed, Statistics)


def test_strokes_become_finer_with_a_smaller_style(session):
    small = session.render("photo", "a", Controls(style_size=32)).images
    assert not torch.allclose(small, session.render("photo", "a").images)
    assert torch.equal(session.statistics("a", 48).mean["relu4_1"], session.statistics("a").mean["relu4_1"])


def test_soft_edges_come_after_fitting(session):
    hard, soft = (
        session.render("photo", ["a", "b"], Controls(masks=MASKS, feather=pixels)).images for pixels in (0, 10)
    )
    assert not torch.allclose(hard, soft)
    assert torch.equal(hard, session.render("photo", ["a", "b"], Controls(masks=MASKS)).images)


def test_moving_a_control_encodes_nothing(session, stylizer, monkeypatch):
    every = [{"weights": [1, 2]}, {"masks": MASKS}, {"color": "match"}, {"color": "luminance"}, {"style_size": 32}]
    first = [session.render("photo", ["a", "b"], Controls(**controls)).images for controls in every]
    monkeypatch.setattr(stylizer, "encoder", None)
    for controls, picture in zip(every, first, strict=True):
        assert torch.equal(session.render("photo", ["a", "b"], Controls(**controls)).images, picture)


def test_a_style_with_one_contents_colours_is_not_taken_for_another_content(session, content):
    session.contents.add(1 - content, "negative")
    matched = [session.statistics("a", match=name).mean["relu4_1"] for name in ("photo", "negative", None)]
    assert not torch.allclose(matched[0], matched[1]) and not torch.allclose(matched[0], matched[2])


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({"content": "nobody"}, "no content picture is called 'nobody'"),
        ({"styles": ["a", "nothing"]}, "no style picture is called 'nothing'"),
        ({"styles": []}, "at least one style"),
        ({"weights": [1, 2, 3]}, "one number per style"),
        ({"masks": MASKS, "weights": [1, 1]}, "do not go together"),
        ({"masks": 0 * MASKS}, "all masks are empty"),
        ({"masks": MASKS, "feather": -1}, "0 or more"),
        ({"color": "sepia"}, "choose from match, luminance"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(session, controls, words):
    with pytest.raises(ValueError, match=words):
        pictures = {name: controls.pop(name) for name in ("content", "styles") if name in controls}
        session.render(**{"content": "photo", "styles": ["a", "b"], **pictures}, controls=Controls(**controls))
