"""Pictures put together from pieces: glass, stone, wool, and Cubist facets."""

import numpy as np

from .brush import (
    Paint,
    below,
    blur,
    centroids,
    disc,
    edges,
    light,
    lines,
    lit,
    mesh,
    mix,
    nearest,
    noise,
    pick,
    ramp,
    rgb,
    scatter,
    shape,
    spline,
    step,
)

# -------------------------------------------------------------- stained glass


def glass_regions(x, y, w, h):
    """What the window shows: a label per pixel and the glass colours of every label."""
    d, theta = np.hypot(x - 256, y - 214), np.arctan2(y - 214, x - 256)
    palettes = [rgb("#1f3fae #2d6bd6 #173088 #3f8be0"), rgb("#5a2fa6 #7c4fd0 #43218a #9a6ad8")]
    label = ((theta + np.pi) / (2 * np.pi) * 20 + 0.5).astype(int) % 2
    for inner, colours in [
        (128, "#f08a24 #f7a83a #e8701f"),
        (96, "#f7c232 #ffd95a #f2b01f"),
        (62, "#fff0a0 #ffe56b #ffd23c"),
    ]:
        label = np.where(d < inner, len(palettes), label)
        palettes.append(rgb(colours))

    def add(mask, colours):
        nonlocal label
        label = np.where(mask > 0.5, len(palettes), label)
        palettes.append(rgb(colours))

    add(
        below(x, y, [(0, 300), (70, 240), (130, 318), (210, 262), (300, 336), (400, 250), (512, 320)]),
        "#6b4fa8 #8a6cc4 #53398c #a58ad0",
    )
    add(
        below(x, y, spline([(0, 352), (130, 328), (260, 368), (400, 330), (512, 360)], False)),
        "#1f7f6a #2fa383 #176655 #52bfa0",
    )
    add(below(x, y, spline([(0, 400), (140, 420), (300, 384), (512, 412)], False)), "#4f9f2f #76bf3f #3c8426 #a3d35a")
    river = spline(
        [
            (330, 374),
            (250, 410),
            (330, 452),
            (190, 520),
            (250, 640),
            (430, 640),
            (330, 520),
            (420, 456),
            (300, 412),
            (352, 374),
        ]
    )
    add(shape(w, h, river), "#2fb8d0 #5fd6e0 #1f93b8 #a0ecec")
    for side in (-1, 1):  # lilies at both sides
        cx = 256 + side * 172
        stem = spline([(cx, 640), (cx - side * 14, 560), (cx + side * 4, 470)], False)
        add(lines(w, h, [stem], 12), "#2f8f3a #47ad4a")
        for dx, dy in [(side * 46, 96), (-side * 40, 116)]:
            leaf = spline(
                [(cx, 620), (cx + dx * 0.8, 590 - dy * 0.2), (cx + dx, 620 - dy), (cx + dx * 0.3, 610 - dy * 0.3)]
            )
            add(shape(w, h, leaf), "#3fa043 #63bf52 #2a7f36")
        for k, colours in [
            (-1, "#d81f3a #f0455a #b01030"),
            (1, "#d81f3a #f0455a #b01030"),
            (0, "#f0566a #ff8a96 #e03050"),
        ]:
            petal = spline(
                [(cx, 484), (cx + k * 46 - 18, 440), (cx + k * 44, 378 + abs(k) * 22), (cx + k * 40 + 20, 440)]
            )
            add(shape(w, h, petal), colours)
    return label, palettes


def stained_glass(rng, w=512, h=640):
    """Church window, sun over a river: relaxed Voronoi panes, leaded and lit from behind."""
    x, y = mesh(w, h)
    label, palettes = glass_regions(x, y, w, h)
    seeds = scatter(w, h, 31, rng)
    for _ in range(3):
        cells = nearest(w, h, seeds, 64)
        seeds = centroids(cells, len(seeds), x, y)
    d = np.hypot(x - 256, y - 214)
    rays = ((np.arctan2(y - 214, x - 256) + np.pi) / (2 * np.pi) * 40 + 1).astype(int)
    cells = np.where(label < 5, rays * 40 + np.maximum(d - 18, 0).astype(int) // 42 + 5000, cells)
    cells = np.where((label < 5) & (d < 30), 4999, cells)  # rays must not meet in a point
    frame = np.minimum(np.minimum(x, w - x), np.minimum(y, h - y))
    along = np.where((x < 26) | (x > w - 26), y // 32, 50 + x // 32).astype(int)
    border = frame < 26
    panes = np.where(border, 90000 + along + 200 * (x > w / 2) + 400 * (y > h / 2), label * 10000 + cells)
    _, panes = np.unique(panes, return_inverse=True)
    panes = panes.reshape(x.shape)

    count = panes.max() + 1
    kind = np.zeros(count, int)
    kind[panes] = np.where(border, len(palettes), label)
    palettes.append(rgb("#b01f2f #e0a52c #1f4f9f #2f8f5a"))
    colour = np.stack([palettes[k][rng.integers(len(palettes[k]))] for k in kind])
    colour += rng.normal(0, 0.035, (count, 3)) + rng.normal(0, 0.06, (count, 1))
    lead = edges(panes, 2.6)
    seedy = noise(w, h, 7, rng, 3, (1, 2.5)) * 0.07 + noise(w, h, 38, rng, 2) * 0.11
    inner = step(0, 0.75, 1 - blur(edges(panes, 5), 4))  # panes glow in the middle
    glass = colour[panes] * (0.62 + 0.5 * inner + seedy)[..., None]
    glass *= (0.82 + 0.45 * np.exp(-((d / 240) ** 2)))[..., None]
    ripple = noise(w, h, 11, rng, 2, (1, 2))
    glass = lit(glass, ripple, 0.55, 0.5)
    picture = mix(glass, rgb("#15141a"), lead)
    came = blur(lead, 1.4)
    picture += np.clip(light(came, 1.6), 0, 1)[..., None] * 0.55 * lead[..., None]
    return picture + 0.16 * blur(np.clip(picture - 0.45, 0, 1), 9)


# --------------------------------------------------------------------- mosaic


def lay_tiles(w, h, seeds, angle, rounds, reach):
    """Move square tiles until they fill the floor: Lloyd's method, in a turned metric.

    Hausner, "Simulating Decorative Mosaics", SIGGRAPH 2001.
    """
    gy, gx = np.mgrid[0:h, 0:w] + 0.5
    for _ in range(rounds):
        best, owner = np.full((h, w), np.inf), np.zeros((h, w), int)
        turn = pick(angle, seeds)
        for n, ((cx, cy), a) in enumerate(zip(seeds, turn, strict=False)):
            part = np.s_[max(0, int(cy) - reach) : int(cy) + reach, max(0, int(cx) - reach) : int(cx) + reach]
            dx, dy = gx[part] - cx, gy[part] - cy
            c, s = np.cos(a), np.sin(a)
            d = np.maximum(np.abs(dx * c + dy * s), np.abs(dy * c - dx * s))
            near = d < best[part]
            best[part][near], owner[part][near] = d[near], n
        seeds = centroids(owner, len(seeds), gx, gy)
    return seeds


def fish(cx, cy, size, turn):
    """Outlines of a fish: body, tail, fins and gill, to be filled in this order."""
    c, s = np.cos(turn), np.sin(turn)
    place = lambda p: np.array(p, float) * size @ np.array([[c, s], [-s, c]]) + (cx, cy)  # noqa: E731
    body = spline(
        [(-1, 0.02), (-0.62, -0.30), (0, -0.40), (0.6, -0.18), (0.86, 0), (0.6, 0.16), (0, 0.34), (-0.62, 0.27)]
    )
    tail = spline([(0.74, 0), (1.04, -0.34), (1.34, -0.46), (1.2, 0), (1.34, 0.44), (1.04, 0.32)])
    fin = spline([(-0.3, -0.34), (0.05, -0.66), (0.5, -0.5), (0.45, -0.22)])
    low = spline([(-0.2, 0.3), (0.06, 0.58), (0.34, 0.5), (0.25, 0.24)])
    return [place(p) for p in (tail, fin, low, body)], place


def fish_mosaic(rng, w=640, h=512):
    """Two fish in the sea: a floor of stone tesserae that follow the outlines."""
    x, y = mesh(w, h)
    wave = np.sin(x / 32 + 1.3 * np.sin(y / 60)) * 7
    band = ((y + wave) / 26).astype(int)
    water = rgb("#1d5f8a #2f8fa8 #174a74 #5fb8b8 #246f9a #8fd0c4")
    ref = water[band % 6]
    guide = (y + wave) / 26 * 0.35
    sand = below(x, y, spline([(0, 452), (160, 430), (330, 456), (500, 428), (640, 446)], False))
    ref = mix(ref, rgb("#d8b878"), sand)
    for cx, height, lean in [(70, 170, 24), (116, 110, -20), (566, 180, -26), (610, 120, 20), (330, 80, 14)]:
        weed = np.stack([cx + lean * np.sin(np.linspace(0, 5, 20)), np.linspace(470, 470 - height, 20)], 1)
        leaf = lines(w, h, [weed], 15)
        ref = mix(ref, rgb("#2f6b3a"), leaf)
        ref = mix(ref, rgb("#8fb04a"), lines(w, h, [weed], 5))
        guide += 2.0 * blur(leaf, 9)
    for cx, cy, size, turn, colours in [
        (262, 176, 150, 0.16, "#7a1f1f #c8402a #e8853a #f7d98a #fff3d0"),
        (402, 346, 132, np.pi - 0.14, "#3a2a5a #c86a1f #f0b03a #fbe39a #fff6dc"),
    ]:
        c = rgb(colours)
        (tail, fin, low, body), place = fish(cx, cy, size, turn)
        for part in (tail, fin, low):
            inside = shape(w, h, part)
            ref = mix(ref, mix(c[1], c[2], step(-1, 1, np.sin((x - cx) / 5))), inside)
            ref = mix(ref, c[0], lines(w, h, [np.vstack([part, part[:1]])], 8) * inside)
            guide += 1.4 * blur(inside, 8)
        inside = shape(w, h, body)
        u = ((x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)) / size
        v = (-(x - cx) * np.sin(turn) + (y - cy) * np.cos(turn)) / size
        scales = np.cos(u * 26) * np.cos(v * 22)
        skin = ramp(np.clip(0.45 + 0.75 * v * np.cos(turn) + 0.22 * scales, 0, 1), c[[1, 2, 3, 4]])
        skin = mix(skin, c[0], step(0.012, 0.004, np.abs(np.hypot(u + 0.98, v) - 0.5) - 0.022))
        ref = mix(ref, skin, inside)
        ref = mix(ref, c[0], lines(w, h, [np.vstack([body, body[:1]])], 15))
        guide += 3.5 * blur(inside, 14)
        eye = place([(-0.68, -0.07)])[0]
        for r, dot in [(17, "#fff6dc"), (9, "#141018")]:
            ref = mix(ref, rgb(dot), disc(x, y, *eye, r))
    frame = np.minimum(np.minimum(x, w - x), np.minimum(y, h - y))
    teeth = (((x + y) // 26).astype(int) % 2) == 0
    edge = np.where(teeth[..., None], rgb("#f3e6c4"), rgb("#8a2f24"))
    ref = np.where((frame < 33)[..., None], edge, ref)
    ref = np.where(((frame < 11) | (np.abs(frame - 38) < 5.5))[..., None], rgb("#1c1a22"), ref)
    dy, dx = np.gradient(blur(guide, 3))
    angle = np.arctan2(dy, dx)
    angle = np.where(frame < 44, 0, angle)

    seeds = lay_tiles(w, h, scatter(w, h, 10.4, rng), angle, 9, 11)
    floor = mix(rgb("#b8a88a"), rgb("#8f8066"), step(-1, 1, noise(w, h, 5, rng, 2)))
    oil = Paint(floor)
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * 4.45
    for (cx, cy), a, colour in zip(seeds, pick(angle, seeds), pick(ref, seeds), strict=False):
        a += rng.normal(0, 0.06)
        corner = square * rng.uniform(0.88, 1.06, (4, 2)) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        tone = rng.normal(0, 0.055) + rng.normal(0, 0.02, 3)
        oil.dab(corner + (cx, cy), colour + tone, 215 + rng.normal(0, 14))
    colour, height = oil.arrays()
    stone = 1 + 0.05 * noise(w, h, 3, rng, 2)
    return lit(colour * stone[..., None], blur(height, 1.2) + 0.012 * noise(w, h, 4, rng, 2), 2.2, 0.5)


# ------------------------------------------------------------------------ wool

BIRD = """
......##....
.....####...
....##.###..
...########.
....#######.
#...######..
##..#####...
###########.
.##########.
..########..
...#####....
....#.#.....
....#.#.....
...##.##....
"""


def kilim_pattern(rows, cols):
    """Colour number of every stitch of the rug: a band of medallions between birds and teeth."""
    r, c = np.mgrid[0:rows, 0:cols]
    mid = np.abs(r - rows // 2)  # mirrored, top and bottom
    u = np.abs((c - cols // 2 + 22) % 44 - 22) // 2
    ring = u + mid // 2
    medallion = np.array([6, 1, 0, 3, 5, 0, 2, 4, 1, 0, 3, 5, 0, 2] + [1] * 99)[ring]
    medallion = np.where(((u * 2 - mid) % 11 < 2) & (ring > 12), 3, medallion)
    zigzag = np.abs(c % 12 - 6)
    star = np.abs(c % 8 - 4) + np.abs(mid - 46)
    stars = np.array([6, 5, 1, 3] + [4] * 99)[star]
    figure = np.array([[mark == "#" for mark in line] for line in BIRD.split()])
    tall, wide = figure.shape
    birds = np.full((rows, cols), 5)
    for top in (rows // 2 - 27 - tall, rows // 2 + 28):
        for n, left in enumerate(range(cols // 2 % 16 - 14, cols - wide, 16)):
            if left >= 0:
                birds[top : top + tall, left : left + wide][figure[:, :: 1 - 2 * (n % 2)]] = (0, 4, 3)[n % 3]
    bands = [
        (22, medallion),
        (23, 0),
        (26, np.where(zigzag > 2 * (mid - 22), 2, 0)),
        (27, 3),
        (42, birds),
        (43, 3),
        (50, stars),
        (51, 3),
        (99, 0),
    ]
    out = np.zeros((rows, cols), int)
    for (stop, what), start in zip(bands, [0] + [stop for stop, _ in bands], strict=False):
        out = np.where((mid >= start) & (mid < stop), what, out)
    return out


def kilim(rng, w=640, h=512):
    """Flat-woven rug: one small relief of wool per stitch, dyed in uneven lots."""
    x, y = mesh(w, h)
    tall, wide = 4.6, 5.0
    rows, cols = int(h / tall) + 1, int(w / wide) + 2
    pattern = kilim_pattern(rows, cols)
    wool = rgb("#1d1a26 #9c1f26 #e3a63a #f0e2c0 #1f4468 #c8562a #2f7a6a")
    r = (y / tall).astype(int)
    c = (x / wide + 0.5 * (r % 2)).astype(int)
    lots = rng.normal(0, 0.05, (rows, 1, 1))
    dye = wool[pattern] + lots + rng.normal(0, 0.045, (rows, cols, 1)) + rng.normal(0, 0.012, (rows, cols, 3))
    colour = dye[r, np.minimum(c, cols - 1)]
    v = y / tall - r - 0.5
    u = x / wide + 0.5 * (r % 2) - c - 0.5
    wobble = 0.05 * noise(w, h, 9, rng, 2)
    bump = np.clip(1 - (1.75 * (v + wobble)) ** 2, 0, 1) ** 0.5 * np.clip(1 - (1.6 * u) ** 4, 0, 1)
    twist = 0.06 * np.sin((x * 1.1 + y * 2.6) * 1.5 + 2 * wobble)
    height = bump + twist + 0.05 * noise(w, h, 2, rng)
    cloth = colour * (0.45 + 0.62 * bump + 0.6 * twist)[..., None]
    fold = 0.07 * noise(w, h, 130, rng, 2)
    return lit(cloth, blur(height, 0.5), 0.32, 0.25) * (1 + fold)[..., None]


# --------------------------------------------------------------------- facets


def shards(rng, polygon, area):
    """Split a convex polygon by slanting cuts until every piece is small enough."""
    p = np.array(polygon)
    nxt = np.roll(p, -1, 0)
    size = abs(np.sum(p[:, 0] * nxt[:, 1] - nxt[:, 0] * p[:, 1])) / 2
    centre = p.mean(0)
    if size < area(centre) * rng.uniform(0.6, 1.5):
        return [p]
    a = rng.choice([-1.15, -0.85, 0.35, 0.7, 1.2, 1.45]) + rng.normal(0, 0.12)
    spread = np.ptp(p, axis=0)
    if spread[0] > 1.8 * spread[1]:
        a = 1.4 + rng.normal(0, 0.25)
    if spread[1] > 1.8 * spread[0]:
        a = rng.normal(0, 0.35)
    normal = np.array([-np.sin(a), np.cos(a)])
    side = (p - centre - rng.normal(0, 0.08, 2) * spread) @ normal
    halves = [], []
    for i in range(len(p)):
        j = (i + 1) % len(p)
        halves[int(side[i] > 0)].append(p[i])
        if (side[i] > 0) != (side[j] > 0):
            cut = p[i] + (p[j] - p[i]) * side[i] / (side[i] - side[j])
            halves[0].append(cut)
            halves[1].append(cut)
    return [piece for half in halves if len(half) > 2 for piece in shards(rng, half, area)]


def guitar_scene(x, y, w, h, rng):
    """The still life before it is broken: guitar, bottle, glass, sheet music, table."""
    ref = ramp(np.clip(y / h + 0.1 * noise(w, h, 120, rng, 2), 0, 1), rgb("#59626b #8a8a7c #a08c62 #6b5636 #3c3026"))
    ref = mix(ref, rgb("#7a5630"), below(x, y, [(0, 470), (512, 440)]))
    sheet = shape(w, h, [(40, 380), (170, 340), (214, 500), (80, 546)])
    ref = mix(ref, rgb("#e0d5b8"), sheet)
    staves = [np.array([(50 + k * 2.6, 400 + k * 14), (176 + k * 3, 362 + k * 14)]) for k in range(9)]
    ref = mix(ref, rgb("#3a322c"), lines(w, h, staves, 1.6) * sheet)
    bottle = spline([(392, 150), (420, 150), (420, 236), (452, 290), (454, 470), (358, 470), (360, 290), (392, 236)])
    inside = shape(w, h, bottle)
    ref = mix(ref, ramp(np.clip((x - 355) / 100, 0, 1), rgb("#1c2f2a #3f6b58 #9fb8a0 #2a4a40 #14201e")), inside)
    ref = mix(ref, rgb("#d8c088"), inside * (y > 340) * (y < 410))
    body = spline(
        [
            (196, 590),
            (118, 520),
            (130, 438),
            (176, 400),
            (158, 350),
            (186, 296),
            (250, 280),
            (310, 306),
            (326, 362),
            (300, 408),
            (352, 446),
            (366, 528),
            (286, 594),
        ]
    )
    inside = shape(w, h, body)
    wood = ramp(
        np.clip((x - 120) / 240 + 0.06 * noise(w, h, 10, rng, 2, (1, 6)), 0, 1),
        rgb("#5a3218 #b0742f #e0b060 #c88f42 #6b3f1c"),
    )
    ref = mix(ref, wood, inside)
    ref = mix(ref, rgb("#2a1a12"), lines(w, h, [np.vstack([body, body[:1]])], 5))
    ref = mix(ref, rgb("#1a1210"), disc(x, y, 244, 424, 37))
    ref = mix(ref, rgb("#e8d09a"), step(3, 1.5, np.abs(np.hypot(x - 244, y - 424) - 42)))
    neck = [(226, 400), (262, 400), (268, 90), (232, 90)]
    ref = mix(ref, ramp(np.clip((x - 226) / 40, 0, 1), rgb("#2c1c16 #5a3a28 #241612")), shape(w, h, neck))
    frets = [np.array([(228, 110 + 300 * (1 - 0.9**k)), (266, 110 + 300 * (1 - 0.9**k))]) for k in range(14)]
    ref = mix(ref, rgb("#c8b078"), lines(w, h, frets, 2))
    ref = mix(ref, rgb("#3f2616"), shape(w, h, [(222, 96), (276, 96), (286, 30), (214, 30)]))
    strings = [np.array([(236 + 5 * k, 60), (230 + 6 * k, 540)]) for k in range(6)]
    ref = mix(ref, rgb("#f3e6c0"), lines(w, h, strings, 1))
    return mix(ref, rgb("#3a2214"), shape(w, h, [(206, 534), (286, 534), (286, 548), (206, 548)]))


def cubist_guitar(rng, w=512, h=640):
    """Guitar and bottle seen from many sides: shifted facets, shaded edges, short dabs."""
    x, y = mesh(w, h)
    ref = guitar_scene(x, y, w, h, rng)
    centre = np.array([256, 360])
    pieces = shards(rng, [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)], lambda c: 900 + 15 * np.hypot(*(c - centre)))
    tints = rgb("#e6b956 #c9ae84 #86a0ae #5b7f93 #d08a48 #8fa888 #a8583a")
    picture, angle = ref.copy(), np.zeros_like(x)
    for p in pieces:
        inside = shape(w, h, p) > 0.5
        ys, xs = np.nonzero(inside)
        if not len(ys):
            continue
        a = rng.normal(0, 0.13)
        shift = rng.normal(0, 9, 2)
        q = np.stack([x[ys, xs], y[ys, xs]], 1)
        c = p.mean(0)
        back = (
            (q - c) @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) * rng.uniform(0.8, 1.15) + c + shift
        )
        part = mix(pick(ref, back), tints[rng.integers(len(tints))], rng.uniform(0.08, 0.42))
        k = rng.integers(len(p))
        edge = p[(k + 1) % len(p)] - p[k]
        normal = np.array([-edge[1], edge[0]]) / (np.hypot(*edge) + 1e-6)
        t = np.abs((q - p[k]) @ normal)
        t = t / (t.max() + 1e-6)
        picture[ys, xs] = part * (rng.uniform(0.5, 0.8) + rng.uniform(0.5, 0.9) * t**0.8)[:, None]
        angle[ys, xs] = np.arctan2(normal[1], normal[0]) + np.pi / 2
    oil = Paint(picture)
    oil.cover(picture, angle, rng, 5, 12, 5.5, jitter=0.02, streak=0.025, bristles=4)
    oil.cover(picture, angle, rng, 3.6, 7, 3.2, where=np.full_like(x, 0.7), jitter=0.04, streak=0.015, bristles=2)
    colour, height = oil.arrays()
    colour = mix(colour, picture, 0.5)  # keeps the edges of the facets crisp
    curves = [
        spline(curve, False)
        for curve in [
            [(196, 590), (118, 520), (130, 438), (176, 400), (158, 350), (186, 296), (250, 280)],
            [(310, 306), (326, 362), (300, 408), (352, 446), (366, 528), (286, 594)],
            [(160, 572), (92, 520), (104, 440), (150, 404), (136, 344)],
            [(334, 330), (350, 372), (328, 404), (384, 446), (396, 528)],
            [(236, 60), (232, 300), (228, 560)],
            [(252, 60), (250, 300), (252, 560)],
            [(392, 150), (390, 236), (362, 290), (364, 470)],
        ]
    ]
    outlines = [np.vstack([p, p[:1]])[k : k + 2] for p in pieces for k in range(len(p)) if rng.random() < 0.62]
    ink = blur(lines(w, h, outlines, rng.uniform(0.6, 2.2, len(outlines))) + lines(w, h, curves, 2.4), 0.6)
    colour = mix(colour, rgb("#1c1612"), np.clip(ink * (0.7 + 0.3 * noise(w, h, 9, rng)), 0, 0.92))
    return lit(colour, blur(height, 0.7), 1.3, 0.35)
