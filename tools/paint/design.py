"""Pictures made like designs: a grid of primaries, gold ornament, neon, painted tiles."""

import numpy as np

from .brush import Paint, S, blur, light, lines, lit, mesh, mix, noise, ramp, rgb, ring, shape, shapes, spline, step

# ----------------------------------------------------------------------- grid


def de_stijl(rng, w=576, h=576):
    """City in rectangles after De Stijl: bars, squares and blocks, brushed flat by hand."""
    x, y = mesh(w, h)
    red, blue, yellow, black, grey, white = rgb("#d3261f #1f4aa8 #f5cb1f #16161a #b9bcc2 #f2efe4")
    ref = np.ones((h * S, w * S, 3), np.float32) * white
    angle = np.zeros_like(x)

    def block(x0, y0, x1, y1, colour):
        part = np.s_[int(y0 * S) : int(y1 * S), int(x0 * S) : int(x1 * S)]
        ref[part] = colour
        angle[part] = 0.0 if x1 - x0 > y1 - y0 else np.pi / 2

    xs, ys = (
        [0, 44, 70, 150, 196, 292, 330, 366, 448, 474, 540, w],
        [0, 34, 92, 120, 214, 250, 318, 404, 430, 500, 536, h],
    )
    tones = [white, white, white, grey, rgb("#e6e2d4"), yellow, red, blue]
    for x0, x1 in zip(xs, xs[1:], strict=False):
        for y0, y1 in zip(ys, ys[1:], strict=False):
            block(x0, y0, x1, y1, tones[rng.choice(8, p=[0.22, 0.2, 0.14, 0.1, 0.12, 0.08, 0.07, 0.07])])
    for x0, y0, x1, y1, colour in [
        (196, 120, 292, 250, red),
        (448, 318, 540, 430, blue),
        (44, 404, 150, 500, yellow),
        (366, 34, 448, 120, yellow),
        (70, 214, 150, 318, blue),
        (292, 430, 366, 536, red),
    ]:
        block(x0, y0, x1, y1, colour)
        mx, my, q = (x0 + x1) / 2, (y0 + y1) / 2, min(x1 - x0, y1 - y0) / 4.2
        block(mx - q, my - q, mx + q, my + q, white if colour is not yellow else grey)
        block(mx - q / 2, my - q / 2, mx + q / 2, my + q / 2, black if colour is not yellow else red)
    bar = 14
    for k in xs[1:-1]:
        block(k - bar / 2, 0, k + bar / 2, h, yellow if k not in (150, 366, 474) else black)
    for k in ys[1:-1]:
        block(0, k - bar / 2, w, k + bar / 2, yellow if k not in (120, 318, 430) else black)
    for k in xs[1:-1]:
        for t in np.arange(0, h, bar * 1.0):
            if rng.random() < 0.42:
                block(k - bar / 2, t, k + bar / 2, t + bar, [red, blue, grey, white][rng.integers(4)])
    for k in ys[1:-1]:
        for t in np.arange(0, w, bar * 1.0):
            if rng.random() < 0.42:
                block(t, k - bar / 2, t + bar, k + bar / 2, [red, blue, grey, white][rng.integers(4)])
    oil = Paint(ref)
    oil.cover(ref, angle, rng, 7, 12, 5, jitter=0.012, streak=0.02)
    oil.cover(ref, angle, rng, 4, 8, 3, jitter=0.012, streak=0.018, where=np.full_like(x, 0.8))
    colour, height = oil.arrays()
    clean = mix(colour, ref, 0.55)
    return lit(clean * (0.97 + 0.03 * noise(w, h, 90, rng, 2))[..., None], blur(height, 0.6), 0.9, 0.25)


# ----------------------------------------------------------------------- gold


def curl(start, heading, size, hand, turns=1.7, n=70):
    """A bough that rolls itself up: curvature grows along its length."""
    t = np.linspace(0, 1, n)
    angle = heading + hand * turns * 2 * np.pi * t**2.1
    pace = size * 3.0 * (1.02 - t) ** 0.8 / n
    return np.array(start) + np.cumsum(np.stack([np.cos(angle) * pace, np.sin(angle) * pace], 1), 0)


def grow_curls(rng, start, heading, size, hand, wide, out):
    """A curl, and smaller ones that leave it on its outer side, until they are twigs."""
    path = curl(start, heading, size, hand, rng.uniform(1.5, 2.0))
    out.append((path, wide))
    if size > 40:
        for k in rng.permutation([10, 19, 28, 36])[: 3 if size > 90 else 2]:
            away = np.arctan2(*(path[k + 1] - path[k])[::-1])
            grow_curls(
                rng,
                path[k],
                away - hand * rng.uniform(0.3, 0.8),
                size * rng.uniform(0.48, 0.66),
                -hand,
                wide * 0.66,
                out,
            )


def golden_tree(rng, w=576, h=576):
    """Tree of spirals on gold leaf: ornament in the manner of the Vienna Secession."""
    x, y = mesh(w, h)
    leaf = 36
    r, c = (y / leaf).astype(int), (x / leaf).astype(int)
    tone = rng.normal(0, 0.07, (20, 20))[r, c] + 0.10 * noise(w, h, 22, rng, 4) + 0.05 * noise(w, h, 3, rng)
    gold = ramp(
        np.clip(0.52 + tone + 0.18 * np.exp(-((x - 288) ** 2 + (y - 220) ** 2) / 200**2), 0, 1),
        rgb("#5f3f14 #a4701f #cf9a35 #e8c05a #f8e29a"),
    )

    curls = []
    for x0, y0, heading, size, hand in [
        (270, 420, -2.3, 150, 1),
        (306, 420, -0.85, 150, -1),
        (274, 400, -2.0, 178, 1),
        (302, 400, -1.1, 178, -1),
        (282, 392, -1.75, 192, -1),
        (294, 392, -1.35, 186, 1),
    ]:
        grow_curls(rng, (x0, y0), heading, size, hand, 16, curls)
    oil = Paint(gold)
    dark, bark, bead = rgb("#24130a"), rgb("#3a1d0e #4a2712 #5f3617 #7a4a1f"), rgb("#f6dc86")
    trunk = spline(
        [(216, 610), (252, 520), (260, 440), (262, 380), (288, 366), (314, 380), (316, 440), (324, 520), (360, 610)]
    )
    oil.dab(trunk, bark[1], 215)
    for k in range(5, 26):  # bark: arcs of gold dots, row over row
        for u in np.linspace(-0.8, 0.8, 9):
            wide = np.interp(384 + 8 * k, [384, 440, 520, 600], [26, 27, 35, 66])
            oil.dab(
                ring(288 + u * wide, 384 + 8 * k - 7 * (1 - u * u) + 2 * (k % 2), 1.7),
                mix(bead, bark[3], abs(u)),
                245,
            )
    oil.line(trunk[:30], dark, 2.5, 150)
    oil.line(trunk[-34:], dark, 2.5, 150)
    for path, wide in curls[::-1]:  # twigs first, the great boughs over them
        # A bough is drawn in short pieces, each thinner than the one before.
        pieces = [(path[k : k + 4], wide * (1 - 0.011 * k)) for k in range(0, 67, 3)]
        colour = bark[rng.integers(4)]
        for piece, thick in pieces:
            oil.line(piece, dark, thick + 3.2, 150)
        for piece, thick in pieces:
            oil.line(piece, colour, max(1.4, thick - 0.4), 215)
        for piece, thick in pieces[1:] if wide > 5 else []:
            oil.dab(ring(*piece[1], max(0.8, 0.15 * thick)), bead, 250)
    free = blur((oil.arrays()[1] > 0.5).astype(np.float32), 3)
    ornament(rng, oil, free + step(500, 501, y), w)
    for _ in range(900):  # a meadow of enamelled discs
        cx, cy, size = rng.uniform(0, w), h - abs(rng.normal(0, 52)), rng.uniform(4, 10)
        if abs(cx - 289) > 61 or rng.random() < 0.4:
            colour = rgb(rng.choice("#d8432f #f0b63a #2f6fb0 #2f8f5f #f5efd8 #8f3f8a #e8853a".split()))
            heart = rgb(rng.choice("#f8e08a #2c1a10 #f5efd8 #b0282f".split()))
            for reach, fill in [(0.98, dark), (0.8, colour), (0.36, heart)]:
                oil.dab(ring(cx, cy, size * reach), fill, 150 + 60 * (reach < 0.9))
    picture, relief = oil.arrays()
    shine = np.clip(light(blur(relief, 0.8) + 0.04 * noise(w, h, 4, rng, 2), 1.5), -0.5, 0.6)
    picture = picture * (1 + shine)[..., None]
    return picture + (np.maximum(shine, 0) ** 1.5 * 0.5)[..., None] * rgb("#fff0c0")


def ornament(rng, oil, taken, w):
    """Eyes, triangles and rounds wherever the boughs have left room."""
    black, cream = rgb("#2c1a10"), rgb("#f6dc86")
    for _ in range(2600):
        cx, cy, size = rng.uniform(6, w - 6), rng.uniform(6, 500), rng.choice([5, 7, 9, 12, 15])
        rows, cols = (slice(max(0, int((c - size) * S)), int((c + size) * S)) for c in (cy, cx))
        if taken[rows, cols].max() > 0.08:
            continue
        taken[rows, cols] = 1
        colour = rgb(rng.choice("#b5322a #1f5f9f #2f7f5a #e07a2a #f3e3ae".split()))
        kind, a = rng.integers(4) if size > 6 else 3, rng.uniform(0, np.pi)
        if kind == 0:
            oil.dab(ring(cx, cy, size, size * 0.5, a), black, 170)
            oil.dab(ring(cx, cy, size * 0.82, size * 0.36, a), rgb("#f4ead0"), 190)
            oil.dab(ring(cx, cy, size * 0.34), mix(colour, black, 0.25), 210)
            oil.dab(ring(cx, cy, size * 0.15), rgb("#120c0a"), 220)
        elif kind == 1:
            for reach, fill in [(0.95, black), (0.7, colour), (0.3, cream)]:
                oil.dab(ring(cx, cy, size * reach, turn=a, n=3), fill, 200 - 30 * reach)
        else:
            for reach, fill in [(0.9, black), (0.7, colour), (0.4, black), (0.24, cream)]:
                oil.dab(ring(cx, cy, size * reach), fill, 200 - 30 * reach)


# ----------------------------------------------------------------------- neon


def neon_rain(rng, w=512, h=640):
    """Rain in a street of neon signs: glowing tubes, wet reflections, a passer-by."""
    x, y = mesh(w, h)
    floor, vx = 440, 262
    haze = 0.1 * noise(w, h, 70, rng, 4, (2, 1))
    picture = ramp(np.clip(y / floor + haze, 0, 1), rgb("#0a0820 #1a0f3f #3a1560 #6a1f78 #b03a86"))
    for depth in (6, 4.2, 3, 2.2, 1.6, 1.2):  # walls on both sides, far to near
        for side in (-1, 1):
            edge = vx + side * 300 / depth
            top = floor - 30 - (400 + 150 * rng.random()) / depth**0.75
            inside = ((x - edge) * side > 0) & (y > top) & (y < floor + 40)
            wall = mix(rgb("#6a3490"), rgb("#1b1440"), 1.15 - 0.9 / depth**0.5)
            picture = np.where(inside[..., None], wall * (0.8 + 0.3 * step(floor, top, y))[..., None], picture)
            gap, tall = 46 / depth + 5, 36 / depth + 5
            col, row = ((x - edge) / gap).astype(int), ((y - top) / tall).astype(int)
            lamps = rng.random((90, 90))[row % 90, col % 90]
            u, v = np.abs((x - edge) / gap) % 1, ((y - top) / tall) % 1
            pane = inside & (u > 0.2) & (u < 0.8) & (v > 0.22) & (v < 0.78)
            colours = rgb("#ffd27a #6ae0ff #ff7ad0 #2a1a55 #231648 #2f1f60")
            picture = np.where(pane[..., None], colours[(lamps * 97).astype(int) % 6] * 0.75, picture)
    tubes = []

    def sign(paths, colour, wide=3.0):
        tubes.append((lines(w, h, [np.array(p, float) for p in paths], wide), rgb(colour)))

    def box(x0, y0, x1, y1):
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]

    sign([box(26, 70, 96, 300), box(34, 78, 88, 292)], "#ff2f8e", 3.2)
    for k in range(4):  # invented letters
        gy = 92 + 50 * k
        glyphs = [
            [(44, gy), (78, gy)],
            [(61, gy - 6), (61, gy + 34)],
            [(46, gy + 16), (76, gy + 16)],
            [(44, gy + 34), (61, gy + 20), (78, gy + 34)],
            [(48, gy + 8), (48, gy + 30)],
        ]
        sign([glyphs[i] for i in rng.permutation(5)[:4]], "#3fe0ff", 3)
    sign(
        [
            spline([(420, 96), (480, 96), (492, 140), (450, 178), (408, 140)]),
            spline([(430, 108), (470, 108), (478, 138), (450, 162), (422, 138)]),
        ],
        "#ffb02f",
        3.2,
    )
    sign([[(450, 178), (450, 214)], [(426, 216), (474, 216)], [(436, 120), (466, 150)]], "#ffb02f", 3)
    sign([box(384, 250, 492, 292)], "#39ff9a", 3)
    for k in range(5):
        gx = 394 + 20 * k
        sign(
            [[(gx, 260), (gx, 282), (gx + 12, 282)], [(gx, 260), (gx + 12, 270)]][: 1 + k % 2]
            + [[(gx + 6, 264), (gx + 12, 264)]],
            "#ff5fd0",
            2.6,
        )
    sign([ring(178, 210, 30), ring(178, 210, 22), [(178, 240), (178, 270)]], "#8a5bff", 3)
    sign([[(162, 210), (194, 210)], [(170, 198), (186, 222)]], "#ffe14a", 2.4)
    sign([box(118, 300, 168, 330)], "#3fe0ff", 2.4)
    sign([[(126, 308), (160, 308)], [(126, 316), (150, 316)], [(126, 323), (160, 323)]], "#ff2f8e", 2)
    sign(
        [
            spline([(340, 200), (352, 176), (364, 200), (376, 176)], False),
            [(336, 216), (380, 216)],
            [(342, 228), (374, 228)],
        ],
        "#3fb8ff",
        2.6,
    )
    for k in range(7):  # strings of lamps over the street
        sag = np.stack([np.linspace(40, 480, 30), 330 - 14 * k + 26 * np.sin(np.linspace(0, np.pi, 30))], 1)
        if k % 2 == 0:
            tubes.append(
                (
                    shapes(w, h, [ring(px, py, 3.4 - 0.2 * k) for px, py in sag[::2]]),
                    rgb(["#ff9a3a", "#ff4f5f", "#ffd76a", "#ff7a3a"][k // 2]),
                )
            )
            picture = mix(picture, rgb("#120a24"), lines(w, h, [sag], 1))
    glow = np.zeros_like(picture)
    for tube, colour in tubes:
        soft = 0.9 * blur(tube, 2.5) + 1.5 * blur(tube, 9) + 1.7 * blur(tube, 30)
        glow += soft[..., None] * colour
        picture = mix(picture, colour * 0.3 + 0.72, blur(tube, 0.5))
    picture = 1 - (1 - np.clip(picture, 0, 1)) * np.exp(-1.15 * glow)

    # The wet street: everything above, mirrored, drawn out and broken by ripples.
    ripple = noise(w, h, 13, rng, 3, (3.2, 0.7))
    sway = (ripple * (2 + (y - floor) * 0.05)).clip(-18, 18)
    my = np.clip((floor - (y - floor) * 1.75 + 7 * ripple) * S, 0, h * S - 1).astype(int)
    mx = np.clip((x + sway) * S, 0, w * S - 1).astype(int)
    wet = picture[my, mx] * (0.62 + 0.32 * step(-0.6, 0.8, ripple))[..., None] + rgb("#07051a")
    stones = edges_of_stones(x, y, floor, vx)
    picture = mix(picture, wet * (1 - 0.45 * stones)[..., None], (y > floor) * 1.0)
    brolly = spline([(228, 396), (238, 360), (278, 340), (318, 360), (328, 396), (304, 388), (278, 396), (252, 388)])
    figure = spline(
        [
            (262, 392),
            (294, 392),
            (306, 430),
            (318, 506),
            (300, 512),
            (294, 556),
            (283, 556),
            (279, 514),
            (274, 556),
            (262, 556),
            (258, 512),
            (240, 506),
            (250, 430),
        ]
    )
    dark = shapes(w, h, [brolly, figure])
    back = glow * 0.12
    picture = mix(picture, rgb("#0b0718") + back, dark)
    rim = np.clip(blur(dark, 1.2) - blur(np.roll(dark, (3, 2), (0, 1)), 1.2), 0, 1) * dark
    picture = (
        picture
        + 1.3 * rim[..., None] * rgb("#ff5fb8")
        + 0.9
        * (np.clip(blur(dark, 1.2) - blur(np.roll(dark, (2, -4), (0, 1)), 1.2), 0, 1) * dark)[..., None]
        * rgb("#3fe0ff")
    )
    picture = mix(
        picture, rgb("#05030f"), 0.75 * shape(w, h, np.array(figure) * (1, -0.7) + (0, 952)) * step(-1, 0.6, ripple)
    )
    starts = np.stack([rng.uniform(-20, w, 1100), rng.uniform(-30, h, 1100)], 1)
    rain = lines(
        w,
        h,
        [np.array([p, p + np.array([-3, 20]) * s]) for p, s in zip(starts, rng.uniform(0.5, 1.8, 1100), strict=False)],
        0.8,
    )
    picture = picture + (0.34 * blur(rain, 0.5))[..., None] * (0.55 + np.clip(glow, 0, 1.2))
    splash = shapes(
        w,
        h,
        [
            ring(px, py, r, r * 0.3)
            for px, py, r in zip(
                rng.uniform(0, w, 160), rng.uniform(floor + 20, h, 160), rng.uniform(1.5, 4, 160), strict=False
            )
        ],
    )
    return picture + (0.22 * splash)[..., None] * (0.4 + blur(picture, 8))


def edges_of_stones(x, y, floor, vx):
    """Joints of a paved street in perspective."""
    depth = 70 / np.maximum(y - floor + 14, 1)
    row = np.log(np.maximum(y - floor + 14, 1)) * 7
    across = (x - vx) * depth / 22 + 0.5 * (row.astype(int) % 2)
    return np.maximum(
        step(0.12, 0.03, np.abs(row % 1 - 0.5) * -1 + 0.5), step(0.09, 0.02, 0.5 - np.abs(across % 1 - 0.5))
    )
