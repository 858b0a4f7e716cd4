"""The paint box: noise, shapes, light, and brush strokes that leave a relief.

Every picture is painted twice as large as it is saved (`S = 2`) and reduced at
the end, which is what smooths its edges. Coordinates are in pixels of the
saved picture everywhere; colours are floats in [0, 1]; all randomness comes
from the `rng` that a picture is given, so the same seed paints the same picture.
"""

import numpy as np
from PIL import Image, ImageDraw

S = 2


# ---------------------------------------------------------------- small tools


def rgb(text):
    """'#ff8000' -> array (3,); several, separated by spaces -> array (n, 3)."""
    colours = [[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in text.split()]
    return np.array(colours[0] if len(colours) == 1 else colours, np.float32)


def mesh(w, h):
    """x and y of every pixel's centre, two arrays of shape (h*S, w*S)."""
    y, x = np.mgrid[0 : h * S, 0 : w * S].astype(np.float32)
    return (x + 0.5) / S, (y + 0.5) / S


def step(lo, hi, x):
    """Smooth step: 0 below `lo`, 1 above `hi`, an S-shaped ramp between."""
    t = np.clip((x - lo) / (hi - lo), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, t):
    """a where t = 0, b where t = 1; a mask `t` mixes colours as well as other masks."""
    t = np.asarray(t, np.float32)
    coloured = max(np.ndim(a) % 2, np.ndim(b) % 2)  # (3,) or (h, w, 3)
    return a + (b - a) * (t[..., None] if t.ndim == 2 and coloured else t)


def ramp(t, stops, positions=None):
    """Colour along a palette: `stops` (n, 3) spread over t in [0, 1]."""
    positions = np.linspace(0, 1, len(stops)) if positions is None else positions
    return np.stack([np.interp(t, positions, stops[:, c]) for c in range(3)], -1).astype(np.float32)


def noise(w, h, cell, rng, octaves=1, stretch=(1, 1)):
    """Smooth value noise of about unit variance; `cell` is the size of its blobs."""
    total, weight = np.zeros((h * S, w * S), np.float32), 0
    for octave in range(octaves):
        size = cell / 2**octave
        rows, cols = int(h / size / stretch[1]) + 4, int(w / size / stretch[0]) + 4
        lattice = Image.fromarray(rng.standard_normal((rows, cols)).astype(np.float32))
        box = (1, 1, 1 + w / size / stretch[0], 1 + h / size / stretch[1])
        amount = 0.5**octave
        total += amount * np.asarray(lattice.resize((w * S, h * S), Image.BICUBIC, box))
        weight += amount**2
    return total / weight**0.5 * 1.4


def blur(a, radius):
    """Three box blurs in a row, close to a Gaussian of that radius (in pixels)."""
    size = max(1, int(round(radius * S)))
    for axis in (0, 1) * 3:
        pad = [(0, 0)] * a.ndim
        pad[axis] = (size // 2 + 1, size - size // 2 - 1)
        total = np.cumsum(np.pad(a, pad, "edge"), axis, dtype=np.float64)
        high, low = [slice(None)] * a.ndim, [slice(None)] * a.ndim
        high[axis], low[axis] = slice(size, None), slice(None, -size)
        a = ((total[tuple(high)] - total[tuple(low)]) / size).astype(np.float32)
    return a


# --------------------------------------------------------------------- shapes


def spline(points, closed=True, n=12):
    """Catmull-Rom curve through `points`, `n` samples from one to the next."""
    p = np.asarray(points, np.float32)
    p = np.concatenate([p[-1:], p, p[:2]] if closed else [p[:1], p, p[-1:]])
    t = (np.arange(n, dtype=np.float32) / n)[:, None]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return np.concatenate(parts if closed else parts + [p[-1:]])


def flat(points):
    """Points (n, 2) -> the plain list of supersampled tuples that Pillow draws."""
    return [(float(x) * S, float(y) * S) for x, y in points]


def shapes(w, h, polygons):
    """Mask (h*S, w*S) that is 1 inside any of the polygons."""
    image = Image.new("L", (w * S, h * S))
    draw = ImageDraw.Draw(image)
    for points in polygons:
        draw.polygon(flat(points), fill=255)
    return np.asarray(image, np.float32) / 255


def shape(w, h, points):
    """Mask (h*S, w*S) that is 1 inside the polygon."""
    return shapes(w, h, [points])


def ring(cx, cy, rx, ry=None, turn=0.0, n=24):
    """Polygon of an oval."""
    t = np.arange(n) * 2 * np.pi / n
    u, v = rx * np.cos(t), (ry or rx) * np.sin(t)
    return np.stack([cx + u * np.cos(turn) - v * np.sin(turn), cy + u * np.sin(turn) + v * np.cos(turn)], 1)


def below(x, y, points):
    """Mask of everything under the line through `points`, sorted by x."""
    p = np.asarray(points, np.float32)
    return (y > np.interp(x[0], p[:, 0], p[:, 1])[None]).astype(np.float32)


def lines(w, h, paths, width=1):
    """Mask of the polylines `paths`; `width` is one number or one per path."""
    image = Image.new("L", (w * S, h * S))
    draw = ImageDraw.Draw(image)
    for path, wide in zip(paths, np.broadcast_to(width, len(paths)), strict=False):
        draw.line(flat(path), fill=255, width=max(1, round(float(wide) * S)), joint="curve")
    return np.asarray(image, np.float32) / 255


def disc(x, y, cx, cy, r, soft=0.7):
    """Mask of a disc with an edge `soft` pixels wide."""
    return step(r + soft, r - soft, np.hypot(x - cx, y - cy))


def nearest(w, h, seeds, reach=None):
    """Label of the nearest seed for every pixel (Voronoi cells), by jump flooding."""
    x, y = mesh(w, h)
    label = np.full(x.shape, -1, np.int32)
    col = np.clip((seeds[:, 0] * S).astype(int), 0, w * S - 1)
    row = np.clip((seeds[:, 1] * S).astype(int), 0, h * S - 1)
    label[row, col] = np.arange(len(seeds))
    jump = 1 << int(np.ceil(np.log2(reach * S if reach else max(w, h) * S / 2)))

    def distance(labels):
        d = (x - seeds[labels, 0]) ** 2 + (y - seeds[labels, 1]) ** 2
        return np.where(labels < 0, np.inf, d)

    best = distance(label)
    while jump:
        for dy, dx in [(i, j) for i in (-jump, 0, jump) for j in (-jump, 0, jump) if i or j]:
            other = np.roll(label, (dy, dx), (0, 1))
            d = distance(other)
            closer = d < best
            label, best = np.where(closer, other, label), np.where(closer, d, best)
        jump //= 2
    return label


def centroids(label, count, x, y):
    """Centre of each cell: the seeds of the next, more even, Voronoi picture."""
    label = label.ravel()
    n = np.maximum(np.bincount(label, minlength=count), 1)
    return np.stack([np.bincount(label, v.ravel(), count) / n for v in (x, y)], 1)


def edges(label, width):
    """Mask of the borders between differing labels, about `width` pixels wide."""
    border = np.zeros(label.shape, np.float32)
    border[:, 1:] += label[:, 1:] != label[:, :-1]
    border[1:] += label[1:] != label[:-1]
    spread = blur(np.minimum(border, 1), width * 0.5)
    return step(0.1 / width, 0.6 / width, spread)


# ---------------------------------------------------------------------- light


def light(height, depth=1.0, direction=(-0.7, -0.7)):
    """Shading of a relief lit from the upper left: about 0 where it is level."""
    dy, dx = np.gradient(height)
    return depth * (dx * -direction[0] + dy * -direction[1]) * -1


def lit(colour, height, depth=1.0, gloss=0.3):
    """A colour picture with the light and the glints of its paint's relief."""
    shade = np.clip(light(height, depth), -0.55, 0.55)[..., None]
    return colour * (1 + shade) + gloss * np.maximum(shade - 0.12, 0)


def paper(w, h, rng, tooth=1.6):
    """Grain of a sheet in about [0, 1]: fibres, tooth and a few larger clouds."""
    grain = noise(w, h, tooth, rng, 2) + 0.5 * noise(w, h, tooth * 1.5, rng, 1, (5, 1))
    return np.clip(0.5 + 0.18 * grain + 0.06 * noise(w, h, 60, rng, 2), 0, 1)


def canvas_weave(w, h):
    """Height of a plain linen canvas: threads over and under each other."""
    x, y = mesh(w, h)
    return np.maximum(np.sin(x * 1.9) * np.sin(y * 0.95), np.sin(y * 1.9) * np.sin(x * 0.95))


# -------------------------------------------------------------- brush strokes


def pick(field, points):
    """Values of `field` (h*S, w*S, ...) at `points` (..., 2), clamped to the edge."""
    rows = np.clip((points[..., 1] * S).astype(int), 0, field.shape[0] - 1)
    cols = np.clip((points[..., 0] * S).astype(int), 0, field.shape[1] - 1)
    return field[rows, cols]


def scatter(w, h, spacing, rng, where=None):
    """Points on a jittered grid in random order, thinned to the mask `where`."""
    gy, gx = np.mgrid[-spacing / 2 : h + spacing : spacing, -spacing / 2 : w + spacing : spacing]
    points = np.stack([gx.ravel(), gy.ravel()], 1)
    points += rng.uniform(-0.6, 0.6, points.shape) * spacing
    if where is not None:
        points = points[pick(where, points) > rng.random(len(points))]
    return rng.permutation(points)


def trace(points, angle, length, step_size=3.0):
    """Streamlines through `points`: arrays (n, k, 2) that follow the angle field."""
    k = max(2, int(length / step_size / 2))
    halves = []
    for sign in (-1, 1):
        p, path = points.copy(), []
        for _ in range(k):
            a = pick(angle, p)
            p = p + sign * step_size * np.stack([np.cos(a), np.sin(a)], -1)
            path.append(p)
        halves.append(path)
    return np.stack(halves[0][::-1] + [points] + halves[1], 1)


class Paint:
    """Thick wet paint: a colour picture and the height of its paint, drawn together."""

    def __init__(self, ground):
        image = np.clip(ground * 255, 0, 255).astype(np.uint8)
        self.colour = Image.fromarray(image)
        self.height = Image.new("L", self.colour.size, 90)
        self._draw = ImageDraw.Draw(self.colour), ImageDraw.Draw(self.height)

    def stroke(self, path, colour, width, rng, streak=0.05, bristles=None):
        """One loaded brush along `path` (k, 2): every bristle is a line of its own."""
        k = bristles or max(3, int(width / 1.3))
        tangent = np.gradient(path, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
        across = np.linspace(-0.5, 0.5, k)
        # Paint piles up at both sides of a stroke: that ridge catches the light.
        height = 105 + 90 * (2 * np.abs(across)) ** 3 + rng.uniform(-38, 38, k)
        tone = rng.normal(0, streak, (k, 1)) + rng.normal(0, streak / 3, (k, 3))
        shades = np.clip((colour + tone) * 255, 0, 255).astype(int)
        thick = max(1, round(width * S / k * 1.5))
        cut = rng.integers(0, max(1, len(path) // 4) + 1, (k, 2))
        for i in rng.permutation(k):
            line = path + normal * across[i] * width
            line = flat(line[cut[i, 0] : len(line) - cut[i, 1]])
            if len(line) > 1:
                self._draw[0].line(line, tuple(shades[i]), thick)
                self._draw[1].line(line, int(height[i]), thick)

    def cover(self, reference, angle, rng, spacing, length, width, where=None, jitter=0.05, streak=0.05, bristles=None):
        """Paint over `reference` with strokes along `angle`, one every `spacing` px."""
        h, w = reference.shape[0] // S, reference.shape[1] // S
        points = scatter(w, h, spacing, rng, where)
        colours = pick(reference, points)
        colours = colours + rng.normal(0, jitter, (len(points), 1)) + rng.normal(0, jitter * 0.6, (len(points), 3))
        for path, colour in zip(trace(points, angle, length), colours, strict=False):
            self.stroke(path, colour, width * rng.uniform(0.7, 1.3), rng, streak, bristles)

    def dab(self, points, colour, height):
        """One flat touch in the form of a polygon."""
        fill = tuple(int(c) for c in np.clip(np.asarray(colour) * 255, 0, 255))
        self._draw[0].polygon(flat(points), fill)
        self._draw[1].polygon(flat(points), int(height))

    def line(self, path, colour, width, height):
        """One even line, without bristles."""
        fill = tuple(int(c) for c in np.clip(np.asarray(colour) * 255, 0, 255))
        thick = max(1, round(width * S))
        self._draw[0].line(flat(path), fill, thick, joint="curve")
        self._draw[1].line(flat(path), int(height), thick, joint="curve")

    def arrays(self):
        """Colour (h, w, 3) and height (h, w), both in [0, 1]."""
        return (np.asarray(self.colour, np.float32) / 255, np.asarray(self.height, np.float32) / 255)

    def finish(self, depth=1.6, gloss=0.5, soften=0.6):
        """The dry picture, lit from the upper left."""
        colour, height = self.arrays()
        return lit(colour, blur(height, soften), depth, gloss)
