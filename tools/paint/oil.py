"""Pictures in thick paint: brush strokes, dots and knife dabs with a lit relief."""

import numpy as np

from .brush import Paint, S, below, blur, disc, mesh, mix, noise, ramp, rgb, shape, spline, step


def swirl(x, y, centres):
    """Angle of a wind that drifts to the right and turns round each (cx, cy, r, spin)."""
    u = np.ones_like(x)
    v = 0.35 * np.sin(x / 70 + y / 130)
    for cx, cy, r, spin in centres:
        dx, dy = x - cx, y - cy
        pull = 3.2 * spin * np.exp(-(dx**2 + dy**2) / (r * r))
        u, v = u - pull * dy / r * 2, v + pull * dx / r * 2
    return np.arctan2(v, u)


def house(base, x, y, wide, tall, wall, roof):
    """List of (polygon, colour): a gabled house standing on the point (x, y)."""
    return base + [
        ([(x, y), (x, y - tall), (x + wide, y - tall), (x + wide, y)], wall),
        (
            [
                (x - 4, y - tall),
                (x + wide * 0.3, y - tall * 1.8),
                (x + wide * 0.8, y - tall * 1.8),
                (x + wide + 4, y - tall),
            ],
            roof,
        ),
        (
            [
                (x + wide * 0.3, y - tall * 0.75),
                (x + wide * 0.3, y - tall * 0.25),
                (x + wide * 0.62, y - tall * 0.25),
                (x + wide * 0.62, y - tall * 0.75),
            ],
            rgb("#ffc93c"),
        ),
    ]


def night_village(rng, w=640, h=512):
    """Night sky over a village: impasto strokes along a flow field of whirls."""
    x, y = mesh(w, h)
    stars = [
        (92, 66, 26),
        (180, 150, 19),
        (258, 48, 24),
        (330, 128, 15),
        (402, 52, 20),
        (470, 168, 23),
        (610, 190, 18),
        (36, 190, 17),
        (548, 262, 15),
        (260, 232, 14),
    ]
    whirls = [(300, 150, 85, 1.2), (425, 215, 60, -1.0), (180, 250, 60, 0.6)]
    angle = swirl(x, y, whirls + [(cx, cy, r * 1.7, 2.2) for cx, cy, r in stars] + [(560, 82, 90, 2.4)])
    wind = noise(w, h, 40, rng, 3)
    for cx, cy, r, _ in whirls:
        wind += 1.5 * np.sin(np.hypot(x - cx, y - cy) / 7) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / r**2)
    sky = ramp(np.clip(y / 380 * 0.75 + 0.13 * wind, 0, 1), rgb("#10184f #1c3a8c #2f66b5 #5b9fc8 #a9d3bf #e9dc9a"))
    for cx, cy, r in stars:
        d = np.hypot(x - cx, y - cy) / r
        rings = ramp(np.clip(d / 2.1, 0, 1), rgb("#fffbe0 #ffe27a #f6c244 #cfd58a #7fb7b8 #3f76b4"))
        sky = mix(sky, rings, step(2.1, 1.5, d))
    d = np.hypot(x - 560, y - 82)
    glow = ramp(np.clip(d / 105, 0, 1), rgb("#fff3a8 #ffd94f #f4b73a #e8d98c #8fc0b4 #3f76b4"))
    sky = mix(sky, glow, step(105, 75, d))
    moon = disc(x, y, 560, 82, 38) * (1 - disc(x, y, 578, 76, 30))
    sky = mix(sky, rgb("#fff6c8"), disc(x, y, 560, 82, 42))
    sky = mix(sky, rgb("#f59a1c"), moon)
    ref, detail = sky, moon * 1.0

    ridges = [
        (
            [(0, 350), (90, 318), (190, 342), (300, 300), (420, 322), (530, 280), (640, 306)],
            "#274b8f #3c6fa5 #6aa3b0",
        ),
        ([(0, 392), (120, 362), (250, 384), (380, 352), (520, 372), (640, 344)], "#1d3d6b #2f6a72 #5f9a72"),
        ([(0, 432), (160, 410), (330, 424), (500, 402), (640, 414)], "#14324a #2a5a45 #6d8a3e"),
    ]
    for points, colours in ridges:
        line = spline(points, closed=False)
        hill = below(x, y, line)
        drop = y - np.interp(x[0], line[:, 0], line[:, 1])[None]
        tone = np.clip(0.85 - drop / 90 + 0.2 * noise(w, h, 25, rng, 2, (3, 1)), 0, 1)
        ref = mix(ref, ramp(tone, rgb(colours)), hill)
        slope = np.gradient(np.interp(x[0], line[:, 0], line[:, 1])) * S
        angle = np.where(hill > 0, np.arctan(slope)[None] + 0.25 * np.sin(x / 18 + drop / 9), angle)

    parts = []
    for hx, hy, hw, hh, wall, roof in [
        (196, 440, 44, 26, "#3d5c96", "#1b2350"),
        (252, 428, 36, 22, "#5a7cb0", "#7c3b3a"),
        (300, 446, 50, 28, "#2f4c86", "#20284f"),
        (392, 448, 46, 28, "#44679f", "#8a4434"),
        (450, 432, 38, 22, "#5b82a8", "#232c58"),
        (500, 450, 52, 28, "#35558f", "#1f274e"),
        (566, 438, 40, 24, "#4f74a6", "#7c3b3a"),
        (156, 470, 44, 26, "#33528c", "#8a4434"),
        (342, 476, 50, 28, "#4a6ca2", "#1b2350"),
        (452, 482, 48, 27, "#2f4c86", "#7c3b3a"),
    ]:
        parts = house(parts, hx, hy, hw, hh, rgb(wall), rgb(roof))
    parts += [
        ([(352, 440), (352, 372), (361, 316), (370, 372), (370, 440)], rgb("#22305f")),
        ([(357, 395), (357, 382), (365, 382), (365, 395)], rgb("#ffc93c")),
    ]
    for points, colour in parts:
        inside = shape(w, h, points)
        ref, detail = mix(ref, colour, inside), np.maximum(detail, inside)
    flames = spline(
        [
            (62, 520),
            (40, 440),
            (52, 380),
            (46, 320),
            (66, 262),
            (74, 180),
            (88, 108),
            (98, 190),
            (112, 250),
            (118, 320),
            (138, 380),
            (132, 440),
            (150, 520),
        ]
    )
    tree = shape(w, h, flames)
    lick = np.sin((x - 95) / 9 + 2.2 * np.sin(y / 33)) + 0.4 * noise(w, h, 12, rng)
    ref = mix(ref, ramp(0.5 + 0.4 * lick, rgb("#0b1a1c #14302a #2c4a2c #6b6a2e")), tree)
    angle = np.where(tree > 0, np.pi / 2 + 0.5 * np.cos(y / 33) + (x - 92) / 160, angle)

    oil = Paint(ref)
    oil.cover(ref, angle, rng, 11, 60, 11, jitter=0.05)
    oil.cover(ref, angle, rng, 7, 34, 6.5, where=np.maximum(0.75, detail), jitter=0.06)
    near = blur(detail, 2) + 0.12
    for cx, cy, r in stars + [(560, 82, 40)]:
        near = np.maximum(near, disc(x, y, cx, cy, r * 1.2))
    oil.cover(ref, angle, rng, 4, 15, 3.6, where=near, jitter=0.05)
    oil.cover(ref, 0.12 + 0.2 * np.sin(x / 9), rng, 2.6, 6, 2.6, where=detail, jitter=0.03)
    return oil.finish(1.9)


def harbour_dots(rng, w=640, h=512):
    """Harbour at sunset: pointillism, the colours split into dots that the eye mixes."""
    x, y = mesh(w, h)
    horizon = 262
    glow = np.exp(-np.hypot((x - 420) / 1.5, y - 236) / 95)
    cloud = step(0.1, 1.4, noise(w, h, 46, rng, 3, (4, 1)))
    ref = ramp(y / horizon, rgb("#4f6fc4 #8a8fd6 #c7a3d0 #f2ab9c #ffce7d"))
    ref = mix(ref, rgb("#ff9f86"), 0.55 * cloud * step(0, 160, y))
    ref = mix(ref, rgb("#ffe9a3"), np.clip(1.2 * glow, 0, 0.95))
    ref = mix(ref, rgb("#fffbe2"), disc(x, y, 420, 236, 21))
    for base, tall, colour in [(262, 34, "#9a84c4"), (264, 20, "#6f6bb5")]:
        ridge = base - tall * np.clip(0.6 + 0.6 * noise(w, 1, 90, rng, 3)[:1] + (200 - x[:1]) / 300, 0, 2)
        ref = mix(ref, rgb(colour), (y > ridge) * (y < horizon + 2.0))

    ripple = noise(w, h, 15, rng, 2, (4, 0.8))
    sea = ramp(np.clip((y - horizon) / 250 + 0.13 * ripple, 0, 1), rgb("#ffcf86 #d9a7b8 #7c8ed0 #3a6db5 #1f4f91"))
    path = np.exp(-(((x - 420) / (16 + (y - horizon) * 0.3)) ** 2)) * step(-0.5, 0.9, ripple + 0.3)
    sea = mix(sea, rgb("#ffdf8a"), 0.95 * path)
    ref = mix(ref, sea, (y > horizon) * 1.0)

    boats = [
        (232, 330, 1.25, "#e8552f", "#ffe0a8"),
        (508, 306, 0.9, "#fff0cf", "#f08a3c"),
        (330, 288, 0.55, "#fbe3bd", "#e8694a"),
        (585, 282, 0.42, "#ffd9a0", "#fff0cf"),
    ]
    for bx, by, s, main, jib in boats:
        hull = [(-44, -4), (46, -8), (34, 12), (-32, 12)]
        sails = [([(2, -8), (4, -104), (40, -16)], main), ([(-2, -10), (0, -92), (-34, -14)], jib)]
        for points, colour in sails + [(hull, "#2b2f63")]:
            at = np.array(points) * s
            ref = mix(ref, rgb(colour), shape(w, h, at + (bx, by)))
            mirror = shape(w, h, at * (1, -0.75) + (bx, by + 20 * s)) * step(-1.2, 0.7, ripple)
            ref = mix(ref, rgb(colour) * 0.75 + 0.05, 0.75 * mirror)

    quay = below(x, y, [(0, 418), (120, 426), (260, 452), (420, 470), (640, 480)])
    shade = step(-0.4, 0.8, noise(w, h, 40, rng, 3, (3, 1)))
    ref = mix(ref, mix(rgb("#e0a55e"), rgb("#5a4a9c"), shade), quay)
    trunk = shape(
        w,
        h,
        spline(
            [
                (70, 520),
                (82, 420),
                (62, 320),
                (84, 220),
                (76, 120),
                (96, 60),
                (108, 64),
                (96, 130),
                (108, 220),
                (92, 320),
                (116, 420),
                (112, 520),
            ]
        ),
    )
    ref = mix(ref, mix(rgb("#7a3f52"), rgb("#2b2458"), step(80, 110, x)), trunk)
    leaf = sum(
        np.exp(-(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2))
        for cx, cy, rx, ry in [
            (60, 40, 120, 44),
            (190, 28, 90, 30),
            (20, 130, 70, 40),
            (150, 110, 50, 22),
            (290, 8, 70, 24),
        ]
    )
    leaf = step(0.42, 0.6, leaf + 0.14 * noise(w, h, 22, rng, 3))
    tone = np.clip(0.5 + 0.35 * noise(w, h, 26, rng, 2) - (y - 70) / 260, 0, 1)
    ref = mix(ref, ramp(tone, rgb("#1d2a63 #1f5a5e #3f8f4f #b7c24c")), leaf)

    oil = Paint(mix(ref, rgb("#f3e3c3"), 0.55))
    ring = np.stack([np.cos(np.arange(9) * 2 * np.pi / 9), np.sin(np.arange(9) * 2 * np.pi / 9)], 1)
    warm, leafy = rgb("#ff9a2e") - rgb("#3f5fd0"), rgb("#e0508f") - rgb("#4fae5a")
    for spacing, radius in [(7.0, 4.6), (5.6, 3.5), (4.6, 2.7)]:
        points = scatter_dots(w, h, spacing, rng)
        for p, colour in zip(
            points,
            ref[(np.clip(points[:, 1], 0, h - 1) * S).astype(int), (np.clip(points[:, 0], 0, w - 1) * S).astype(int)],
            strict=False,
        ):
            split = rng.normal(0, 0.17) * warm + rng.normal(0, 0.10) * leafy
            grey = colour.mean()
            pure = grey + (colour - grey) * 1.25 + split + rng.normal(0.01, 0.05)
            oil.dab(p + ring * radius * rng.uniform(0.75, 1.2, (1, 2)), pure, rng.uniform(120, 230))
    return oil.finish(0.9, 0.3, 0.9)


def scatter_dots(w, h, spacing, rng):
    """Dots side by side: a hexagonal grid, shaken."""
    gy, gx = np.mgrid[0 : int(h / spacing / 0.87) + 2, 0 : int(w / spacing) + 2].astype(float)
    points = np.stack([(gx + 0.5 * (gy % 2)).ravel(), gy.ravel() * 0.87], 1) * spacing
    return rng.permutation(points + rng.normal(0, spacing * 0.2, points.shape))


def autumn_avenue(rng, w=640, h=512):
    """Wet avenue in autumn: broad dabs of a palette knife, colours half mixed."""
    x, y = mesh(w, h)
    vx, vy = 330, 262
    far = np.hypot((x - vx) / 1.1, y - vy)
    ref = ramp(np.clip(far / 240, 0, 1), rgb("#fff3cf #ffe08f #f6c25a #d9903a #8a5a3c"))
    ref = mix(ref, rgb("#9cc3d9"), 0.7 * np.exp(-(((x - vx) / 70) ** 2 + ((y - 120) / 90) ** 2)))

    blobs = noise(w, h, 55, rng, 3) * 0.5 + far / 190 - 0.65
    leaves = ramp(
        np.clip(0.5 + 0.33 * noise(w, h, 34, rng, 3) - (far - 180) / 700, 0, 1),
        rgb("#4a1f2b #a32a22 #d9481f #f0842a #ffc03a #c7b848 #5f7f45"),
    )
    ref = mix(ref, leaves, step(-0.25, 0.15, blobs) * step(330, 270, y))
    floor = np.abs(x - vx) - (y - vy) * 0.78
    litter = ramp(
        np.clip(0.5 + 0.4 * noise(w, h, 20, rng, 3, (3, 1)), 0, 1), rgb("#6b2a24 #b5431f #e2782a #f3ac3a #8f8a3c")
    )
    ref = mix(ref, litter, step(0, 6, y - vy - 6) * step(-10, 12, floor))
    wet = ref[::-1][np.clip(np.arange(h * S) - (h - 2 * vy) * S, 0, h * S - 1)]
    streaks = step(-0.4, 1.0, noise(w, h, 16, rng, 2, (3, 0.5)))
    road = mix(wet * 0.82 + 0.05, mix(rgb("#6f7fa8"), rgb("#3c3f63"), step(vy, h, y)), 0.62 - 0.45 * streaks)
    ref = mix(ref, road, step(0, 6, y - vy - 6) * step(12, -10, floor))

    angle = np.where(
        y > vy + 6, np.where(floor < 0, 0.03, 0.25 * np.sign(x - vx)), noise(w, h, 30, rng) * 1.6 + np.pi / 3
    )
    trunks = np.zeros_like(x)
    for side, depth in [(s, d) for d in (5.2, 3.3, 2.2, 1.5, 1.05) for s in (-1, 1)]:
        px, foot = vx + side * 330 / depth, vy + 235 / depth
        wide = 34 / depth
        lean = rng.normal(0, 10)
        body = spline(
            [
                (px - wide, foot),
                (px - wide * 0.55, foot - 120 / depth),
                (px - wide * 0.5 + lean, -20),
                (px + wide * 0.5 + lean, -20),
                (px + wide * 0.6, foot - 120 / depth),
                (px + wide, foot),
            ]
        )
        trunk = shape(w, h, body)
        for _ in range(4):
            ty = rng.uniform(20, foot * 0.55)
            tip = np.array([px + side * rng.uniform(-150, 40) / depth, ty - rng.uniform(40, 130) / depth])
            a = np.array([px + lean * 0.6, ty])
            trunk = np.maximum(trunk, shape(w, h, [a, a + (0, wide * 0.7), tip]))
        tone = ramp(np.clip((x - px) / wide * side * -0.4 + 0.45, 0, 1), rgb("#1c1626 #3a2436 #7a4a3c #d08a4a"))
        ref = mix(ref, mix(tone, rgb("#c99a5c"), min(0.6, 0.09 * depth)), trunk)
        ref = mix(
            ref,
            rgb("#2a2140"),
            0.6
            * shape(
                w,
                h,
                [
                    (px - wide, foot),
                    (px + wide, foot),
                    (px - side * 150 / depth + wide, foot + 26),
                    (px - side * 150 / depth - wide, foot + 26),
                ],
            ),
        )
        angle, trunks = np.where(trunk > 0, np.pi / 2, angle), np.maximum(trunks * (depth < 5), trunk)
    people = [
        ([(318, 338), (326, 338), (330, 300), (322, 284), (314, 300)], "#2a1d3a"),
        ([(332, 338), (341, 338), (344, 304), (337, 288), (329, 304)], "#56203a"),
    ]
    brolly = spline([(296, 292), (304, 272), (327, 262), (350, 272), (358, 292), (327, 284)])
    who = np.zeros_like(x)
    for points, colour in people + [(brolly, "#d01f2c")]:
        inside = shape(w, h, points)
        ref, who = mix(ref, rgb(colour), inside), np.maximum(who, inside)
        ref = mix(ref, rgb(colour), 0.6 * shape(w, h, np.array(points) * (1, -1) + (0, 680)))

    oil = Paint(ref)
    oil.cover(ref, angle, rng, 16, 34, 26, jitter=0.05, streak=0.05, bristles=9)
    oil.cover(ref, angle, rng, 11, 22, 16, where=np.full_like(x, 0.75), jitter=0.07, streak=0.045, bristles=7)
    confetti = step(-0.2, 0.6, blobs + 0.4) * (y < 330) * 0.5 + 0.35 * (floor > 0) * (y > vy) + 0.1
    oil.cover(
        ref,
        angle + 0.6,
        rng,
        8,
        11,
        8,
        where=0.8 * confetti * (1 - 0.7 * trunks),
        jitter=0.09,
        streak=0.05,
        bristles=4,
    )
    oil.cover(ref, np.full_like(x, np.pi / 2), rng, 3.5, 9, 3.5, where=np.maximum(who, 0.25 * trunks), jitter=0.03)
    return oil.finish(1.9, 0.55)


def colour_discs(rng, w=576, h=576):
    """Discs of pure contrasts after the Orphists: rings in quadrants, brushed round."""
    x, y = mesh(w, h)
    wheel = rgb(
        "#e4262c #f26a1b #fbb416 #fde15b #8fbf3f #1f8a57 #159aa8 #2367b5 "
        "#25307d #6b3a94 #c43a86 #f4a6b0 #f7f0dc #17161f"
    )
    bands = ((x + 0.6 * y) / 62).astype(int)
    ref = wheel[(bands * 5 + ((y - 0.5 * x) / 84).astype(int) * 3) % 14] * 0.75 + 0.18
    angle = np.full_like(x, 1.05)
    discs = [
        (410, 150, 196, 7),
        (128, 420, 188, 7),
        (452, 452, 132, 5),
        (132, 120, 122, 5),
        (286, 300, 92, 4),
        (560, 300, 70, 3),
        (300, 548, 74, 3),
        (20, 262, 62, 3),
        (262, 32, 56, 3),
    ]
    for n, (cx, cy, r, rings) in enumerate(discs):
        d, theta = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
        # The quarters turn a little from ring to ring, so that the disc seems to spin.
        ring = np.minimum((d / r * rings).astype(int), rings - 1)
        quarter = ((theta + np.pi) / (np.pi / 2) + 0.12 * ring + 0.4 * n).astype(int) % 4
        table = np.array([[(q * 4 + k * 3 + n * 5 + (q * k) % 2) % 14 for q in range(4)] for k in range(rings)])
        inside = d < r
        ref = np.where(inside[..., None], wheel[table[ring, quarter]], ref)
        angle = np.where(inside, theta + np.pi / 2, angle)
    tone = 1 + 0.09 * noise(w, h, 60, rng, 3)
    ref = ref * tone[..., None]
    oil = Paint(ref)
    oil.cover(ref, angle, rng, 9, 34, 10, jitter=0.035, streak=0.035)
    oil.cover(ref, angle, rng, 5.5, 16, 5, where=0.7 + 0 * x, jitter=0.04, streak=0.035)
    return oil.finish(1.7, 0.4)
