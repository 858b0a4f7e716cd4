"""Models for elsewhere: ONNX files, and a static page that paints in the browser.

>>> from adain_lab.export import OnnxModel  # numpy and onnxruntime alone; PyTorch is not imported
"""

from adain_lab.export.model import OnnxModel

__all__ = ["OnnxModel"]
