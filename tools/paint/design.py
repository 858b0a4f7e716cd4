"""Pictures made like designs: a grid of primaries, gold ornament, neon, painted tiles."""

import numpy as np

from .brush import (S, Paint, blur, disc, light, lines, lit, mesh, mix, noise, ramp, rgb, ring, shape,
                    shapes, spline, step)


# ----------------------------------------------------------------------- grid

def de_stijl(rng, w=576, h=576):
    """City in rectangles after De Stijl: bars, squares and blocks, brushed flat by hand."""
    x, y = mesh(w, h)
    red, blue, yellow, black, grey, white = rgb("#d3261f #1f4aa8 #f5cb1f #16161a #b9bcc2 #f2efe4")
    ref = np.ones((h * S, w * S, 3), np.float32) * white
    angle = np.zeros_like(x)

    def block(x0, y0, x1, y1, colour):
        part = np.s_[int(y0 * S):int(y1 * S), int(x0 * S):int(x1 * S)]
        ref[part] = colour
        angle[part] = 0.0 if x1 - x0 > y1 - y0 else np.pi / 2

    xs, ys = [0, 44, 70, 150, 196, 292, 330, 366, 448, 474, 540, w], [0, 34, 92, 120, 214, 250, 318, 404, 430, 500, 536, h]
    tones = [white, white, white, grey, rgb("#e6e2d4"), yellow, red, blue]
    for x0, x1 in zip(xs, xs[1:]):
        for y0, y1 in zip(ys, ys[1:]):
            block(x0, y0, x1, y1, tones[rng.choice(8, p=[.22, .2, .14, .1, .12, .08, .07, .07])])
    for x0, y0, x1, y1, colour in [(196, 120, 292, 250, red), (448, 318, 540, 430, blue), (44, 404, 150, 500, yellow),
                                   (366, 34, 448, 120, yellow), (70, 214, 150, 318, blue), (292, 430, 366, 536, red)]:
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
    clean = mix(colour, ref, np.float32(0.55))
    return lit(clean * (0.97 + 0.03 * noise(w, h, 90, rng, 2))[..., None], blur(height, 0.6), 0.9, 0.25)


# ----------------------------------------------------------------------- gold

def curl(start, heading, size, hand, turns=1.7, n=70):
    """A bough that rolls itself up: curvature grows along its length."""
    t = np.linspace(0, 1, n)
    angle = heading + hand * turns * 2 * np.pi * t ** 2.1
    pace = size * 3.0 * (1.02 - t) ** 0.8 / n
    return np.array(start) + np.cumsum(np.stack([np.cos(angle) * pace, np.sin(angle) * pace], 1), 0)


def grow_curls(rng, start, heading, size, hand, wide, out):
    """A curl, and smaller ones that leave it on its outer side, until they are twigs."""
    path = curl(start, heading, size, hand, rng.uniform(1.5, 2.0))
    out.append((path, wide))
    if size > 40:
        for k in rng.permutation([10, 19, 28, 36])[:3 if size > 90 else 2]:
            away = np.arctan2(*(path[k + 1] - path[k])[::-1])
            grow_curls(rng, path[k], away - hand * rng.uniform(0.3, 0.8), size * rng.uniform(0.48, 0.66), -hand, wide * 0.66, out)


def golden_tree(rng, w=576, h=576):
    """Tree of spirals on gold leaf: ornament in the manner of the Vienna Secession."""
    x, y = mesh(w, h)
    leaf = 36
    r, c = (y / leaf).astype(int), (x / leaf).astype(int)
    tone = rng.normal(0, 0.07, (20, 20))[r, c] + 0.10 * noise(w, h, 22, rng, 4) + 0.05 * noise(w, h, 3, rng)
    gold = ramp(np.clip(0.52 + tone + 0.18 * np.exp(-((x - 288) ** 2 + (y - 220) ** 2) / 200 ** 2), 0, 1),
                rgb("#5f3f14 #a4701f #cf9a35 #e8c05a #f8e29a"))
    height = 0.04 * noise(w, h, 4, rng, 2)

    curls = []
    for x0, y0, heading, size, hand in [(262, 330, -2.3, 150, 1), (314, 330, -0.85, 150, -1), (276, 290, -1.9, 165, -1), (300, 290, -1.2, 165, 1),
                                        (256, 372, -2.9, 120, 1), (320, 372, -0.25, 120, -1), (288, 300, -1.57, 120, 1)]:
        grow_curls(rng, (x0, y0), heading, size, hand, 13, curls)
    paths, widths = [p for p, _ in curls], np.array([wide for _, wide in curls])
    trunk = spline([(228, 600), (256, 520), (262, 420), (254, 330), (288, 300), (322, 330), (314, 420), (320, 520), (350, 600)])
    dark = np.maximum(lines(w, h, paths, widths + 3), lines(w, h, [np.vstack([trunk, trunk[:1]])], 5))
    wood = np.maximum(lines(w, h, paths, np.maximum(widths - 1.2, 1.4)), shape(w, h, trunk))
    picture = mix(gold, rgb("#2c1a10"), dark)
    bark = np.clip(0.5 + 0.3 * np.sin(np.hypot(x - 288, (y - 300) * 0.5) / 2.4) + 0.1 * noise(w, h, 7, rng, 2), 0, 1)
    picture = mix(picture, ramp(bark, rgb("#2e170c #5a2f16 #8a5220 #b8802f")), wood)
    beads = [ring(*p, 0.16 * wide) for path, wide in curls if wide > 5 for p in path[2:60:4]]
    picture = mix(picture, rgb("#f6dc86"), shapes(w, h, beads))
    height = height + 0.5 * blur(dark, 1.5)
    taken = blur(np.maximum(dark, wood), 3)

    def put(polygons, colour, raised=0.0):
        nonlocal picture, height
        mask = shapes(w, h, polygons)
        picture, height = mix(picture, rgb(colour), mask), height + raised * mask

    # A meadow of small enamelled discs under the tree.
    for _ in range(900):
        cx, cy = rng.uniform(0, w), h - abs(rng.normal(0, 52))
        if 228 < cx < 350 and rng.random() < 0.6:
            continue
        size = rng.uniform(4, 10)
        put_small(picture, height, cx, cy, size, rng)
    # Eyes, triangles and rounds wherever the boughs have left room.
    free = taken + (y > 500)
    for _ in range(2600):
        cx, cy, size = rng.uniform(6, w - 6), rng.uniform(6, 500), rng.choice([5, 7, 9, 12, 15])
        part = np.s_[max(0, int((cy - size) * S)):int((cy + size) * S), max(0, int((cx - size) * S)):int((cx + size) * S)]
        if free[part].max() > 0.08:
            continue
        free[part] = 1
        kind = rng.integers(4) if size > 6 else 3
        a = rng.uniform(0, np.pi)
        if kind == 0:
            put([ring(cx, cy, size, size * 0.5, a)], "#2c1a10", 0.3)
            put([ring(cx, cy, size * 0.82, size * 0.36, a)], "#f4ead0")
            put([ring(cx, cy, size * 0.34)], rng.choice(["#1f4f8f", "#1f6f5a", "#8f1f2f"]))
            put([ring(cx, cy, size * 0.15)], "#120c0a")
        elif kind == 1:
            t = a + np.array([0, 2.1, 4.2])
            for k, colour in [(0.95, "#2c1a10"), (0.7, rng.choice(["#c8402a", "#1f6f8f", "#f0e2b8", "#2f7f5a"])), (0.3, "#f5d878")]:
                put([np.stack([cx + size * k * np.cos(t), cy + size * k * np.sin(t)], 1)], colour, 0.15)
        else:
            for k, colour in [(0.9, "#3a2212"), (0.7, rng.choice(["#f3e3ae", "#b5322a", "#2a5f9f", "#3f8f6a", "#e07a2a"])), (0.4, "#3a2212"), (0.24, "#f6dc86")]:
                put([ring(cx, cy, size * k)], colour, 0.12)
    shine = np.clip(light(blur(height, 0.6), 1.5), -0.5, 0.6)
    picture = picture * (1 + shine)[..., None]
    return picture + (np.maximum(shine, 0) ** 1.5 * 0.5)[..., None] * rgb("#fff0c0")


def put_small(picture, height, cx, cy, size, rng):
    """One enamel disc, painted only in its own corner of the picture."""
    y0, x0 = max(0, int((cy - size) * S)), max(0, int((cx - size) * S))
    part = np.s_[y0:int((cy + size) * S), x0:int((cx + size) * S)]
    gy, gx = np.mgrid[y0:y0 + height[part].shape[0], x0:x0 + height[part].shape[1]]
    d = np.hypot(gx / S - cx, gy / S - cy) / size
    for reach, colour in [(0.98, "#2c1a10"), (0.8, rng.choice("#d8432f #f0b63a #2f6fb0 #2f8f5f #f5efd8 #8f3f8a #e8853a".split())),
                          (0.36, rng.choice("#f8e08a #2c1a10 #f5efd8 #b0282f".split()))]:
        inside = d < reach
        picture[part][inside] = rgb(colour)
    height[part][d < 0.9] += 0.25


# ----------------------------------------------------------------------- neon

def neon_rain(rng, w=512, h=640):
    """Rain in a street of neon signs: glowing tubes, wet reflections, a passer-by."""
    x, y = mesh(w, h)
    floor, vx = 440, 262
    haze = 0.1 * noise(w, h, 70, rng, 4, (2, 1))
    picture = ramp(np.clip(y / floor + haze, 0, 1), rgb("#0a0820 #1a0f3f #3a1560 #6a1f78 #b03a86"))
    for depth in (6, 4.2, 3, 2.2, 1.6, 1.2):                        # walls on both sides, far to near
        for side in (-1, 1):
            edge = vx + side * 300 / depth
            top = floor - 30 - (400 + 150 * rng.random()) / depth ** 0.75
            inside = ((x - edge) * side > 0) & (y > top) & (y < floor + 40)
            wall = mix(rgb("#43206e"), rgb("#0d0a24"), np.float32(1.25 - 0.9 / depth ** 0.5))
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
    for k in range(4):                                              # invented letters
        gy = 92 + 50 * k
        glyphs = [[(44, gy), (78, gy)], [(61, gy - 6), (61, gy + 34)], [(46, gy + 16), (76, gy + 16)],
                  [(44, gy + 34), (61, gy + 20), (78, gy + 34)], [(48, gy + 8), (48, gy + 30)]]
        sign([glyphs[i] for i in rng.permutation(5)[:4]], "#3fe0ff", 3)
    sign([spline([(420, 96), (480, 96), (492, 140), (450, 178), (408, 140)]), spline([(430, 108), (470, 108), (478, 138), (450, 162), (422, 138)])], "#ffb02f", 3.2)
    sign([[(450, 178), (450, 214)], [(426, 216), (474, 216)], [(436, 120), (466, 150)]], "#ffb02f", 3)
    sign([box(384, 250, 492, 292)], "#39ff9a", 3)
    for k in range(5):
        gx = 394 + 20 * k
        sign([[(gx, 260), (gx, 282), (gx + 12, 282)], [(gx, 260), (gx + 12, 270)]][: 1 + k % 2] + [[(gx + 6, 264), (gx + 12, 264)]], "#ff5fd0", 2.6)
    sign([ring(178, 210, 30), ring(178, 210, 22), [(178, 240), (178, 270)]], "#8a5bff", 3)
    sign([[(162, 210), (194, 210)], [(170, 198), (186, 222)]], "#ffe14a", 2.4)
    sign([box(118, 300, 168, 330)], "#3fe0ff", 2.4)
    sign([[(126, 308), (160, 308)], [(126, 316), (150, 316)], [(126, 323), (160, 323)]], "#ff2f8e", 2)
    sign([spline([(340, 200), (352, 176), (364, 200), (376, 176)], False), [(336, 216), (380, 216)], [(342, 228), (374, 228)]], "#3fb8ff", 2.6)
    for k in range(7):                                              # strings of lamps over the street
        sag = np.stack([np.linspace(40, 480, 30), 330 - 14 * k + 26 * np.sin(np.linspace(0, np.pi, 30))], 1)
        if k % 2 == 0:
            tubes.append((shapes(w, h, [ring(px, py, 3.4 - 0.2 * k) for px, py in sag[::2]]), rgb(["#ff9a3a", "#ff4f5f", "#ffd76a", "#ff7a3a"][k // 2])))
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
    figure = spline([(262, 392), (294, 392), (306, 430), (318, 506), (300, 512), (294, 556), (283, 556), (279, 514), (274, 556), (262, 556), (258, 512), (240, 506), (250, 430)])
    dark = shapes(w, h, [brolly, figure])
    back = glow * 0.12
    picture = mix(picture, rgb("#0b0718") + back, dark)
    rim = np.clip(blur(dark, 1.2) - blur(np.roll(dark, (3, 2), (0, 1)), 1.2), 0, 1) * dark
    picture = picture + 1.3 * rim[..., None] * rgb("#ff5fb8") + 0.9 * (np.clip(blur(dark, 1.2) - blur(np.roll(dark, (2, -4), (0, 1)), 1.2), 0, 1) * dark)[..., None] * rgb("#3fe0ff")
    picture = mix(picture, rgb("#05030f"), 0.75 * shape(w, h, np.array(figure) * (1, -0.7) + (0, 952)) * step(-1, 0.6, ripple))
    starts = np.stack([rng.uniform(-20, w, 1100), rng.uniform(-30, h, 1100)], 1)
    rain = lines(w, h, [np.array([p, p + np.array([-3, 20]) * s]) for p, s in zip(starts, rng.uniform(0.5, 1.8, 1100))], 0.8)
    picture = picture + (0.34 * blur(rain, 0.5))[..., None] * (0.55 + np.clip(glow, 0, 1.2))
    splash = shapes(w, h, [ring(px, py, r, r * 0.3) for px, py, r in zip(rng.uniform(0, w, 160), rng.uniform(floor + 20, h, 160), rng.uniform(1.5, 4, 160))])
    return picture + (0.22 * splash)[..., None] * (0.4 + blur(picture, 8))


def edges_of_stones(x, y, floor, vx):
    """Joints of a paved street in perspective."""
    depth = 70 / np.maximum(y - floor + 14, 1)
    row = np.log(np.maximum(y - floor + 14, 1)) * 7
    across = (x - vx) * depth / 22 + 0.5 * (row.astype(int) % 2)
    return np.maximum(step(0.12, 0.03, np.abs(row % 1 - 0.5) * -1 + 0.5), step(0.09, 0.02, 0.5 - np.abs(across % 1 - 0.5)))
