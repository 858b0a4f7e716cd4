"""What panels send to the page."""

import io

from PIL import Image

from adain_lab.widgets.session.gallery import THUMBNAIL


def binary(value):
    """All bytes in a message's state."""
    if isinstance(value, (bytes, memoryview)):
        return [bytes(value)]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [data for part in parts for data in binary(part)]


def thumbnails_sent(monkeypatch, panel, act):
    """The thumbnails among all that ``panel`` sends while ``act`` is called."""
    sent = []
    with monkeypatch.context() as patch:
        patch.setattr(type(panel), "send_state", lambda self, key=None: sent.append(self.get_state(key)))
        act()
    pictures = [data for state in sent for data in binary(state) if data[:3] == b"\xff\xd8\xff"]
    return [data for data in pictures if Image.open(io.BytesIO(data)).size == (THUMBNAIL, THUMBNAIL)]
