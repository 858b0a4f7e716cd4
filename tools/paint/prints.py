"""Pictures printed from wooden blocks: a woodcut in black line and a colour print."""

import numpy as np

from .brush import blur, disc, lines, mesh, mix, noise, paper, rgb, ring, scatter, shape, shapes, spline, step, trace

# -------------------------------------------------------------------- woodcut


def cut(phase, tone, sharp=0.1):
    """Black lines one apart in `phase`, as wide as `tone` (0 white … 1 black) asks."""
    wave = np.abs((phase % 1) * 2 - 1)
    return step(-sharp, sharp, tone - wave)


def lighthouse_woodcut(rng, w=512, h=640):
    """Lighthouse in a storm: a woodcut, tone made only by the width of gouged lines."""
    x, y = mesh(w, h)
    wob = noise(w, h, 34, rng, 3)
    fine = noise(w, h, 9, rng, 2)
    lamp = (318, 172)
    d, theta = np.hypot(x - lamp[0], y - lamp[1]), np.arctan2(y - lamp[1], x - lamp[0])
    cloud = noise(w, h, 120, rng, 4, (2, 1))
    sky_tone = np.clip(0.30 + d / 560 + 0.16 * cloud + 0.05 * fine, 0.12, 0.93)
    beam = step(0.17, 0.12, np.abs(np.abs(theta - 0.06) - np.pi + 0.0)) + step(0.15, 0.10, np.abs(theta + 0.1))
    sky_tone = sky_tone - 0.85 * np.clip(beam, 0, 1) * step(500, 60, d)
    rays = theta / (2 * np.pi) * 120
    ink = cut(rays * np.select([d < 95, d < 235], [0.5, 1], 2), sky_tone)
    edge = []
    for base, tall, cell in [(70, 26, 90), (330, 34, 110), (372, 26, 70)]:  # banks of cloud
        lumps = base + tall * (
            np.abs(noise(w, 1, cell, rng, 3)[:1]) - 0.4 - 1.1 * step(150, 0, x[:1]) - 0.9 * step(380, 512, x[:1])
        )
        drop = (y - lumps) * (1 if base > 200 else -1)
        bank = (drop > 0) & (drop < 200)
        ink = np.where(bank, cut(drop / 9 + 0.5 * wob, np.clip(0.1 + 0.55 * drop / tall + 0.1 * cloud, 0.1, 0.9)), ink)
        ink = np.where(np.abs(drop + 2.5) < 2, 0, ink)
        edge.append(np.stack([x[0], lumps[0]], 1))
    ink = np.maximum(ink, lines(w, h, edge, 2.2))

    for k in range(5):  # seas, far to near
        base, tall, long = 384 + 46 * k, 7 + 6 * k, 60 + 34 * k
        line = (
            base
            - tall * (1.7 * np.abs(np.sin(x[:1] / long * np.pi / 2 + 1.7 * k)) ** 1.5 - 0.6)
            - 2 * noise(w, 1, 20, rng, 2)[:1]
        )
        sea = y > line
        drop = (y - line) / (20 + 9 * k)
        tone = np.clip(0.16 + 0.62 * drop + 0.10 * fine, 0.08, 0.97)
        ink = np.where(sea, cut(drop * (3.4 + 0.3 * k) + 0.35 * wob + 0.22 * np.sin(x / (9 + 3 * k)), tone), ink)
        crest = np.exp(-(((y - line) / (2.2 + k)) ** 2)) * (fine > -0.9)
        ink = np.where(crest > 0.5, 0, ink)
        ink = np.maximum(ink, lines(w, h, [np.stack([x[0], line[0] - 2.5 - 0.8 * k], 1)], 2.2))
    rock = spline(
        [
            (170, 660),
            (196, 560),
            (186, 500),
            (226, 452),
            (240, 404),
            (286, 384),
            (352, 380),
            (392, 408),
            (420, 452),
            (470, 476),
            (470, 540),
            (520, 570),
            (530, 660),
        ]
    )
    inside = shape(w, h, rock) > 0.5
    face = cut(
        (x * 0.9 + y * 0.5) / 9 + 0.9 * wob, np.clip(0.42 + (x - 320) / 330 + 0.34 * wob + 0.1 * fine, 0.12, 0.98)
    )
    ink = np.where(inside, face, ink)
    outline = [np.vstack([rock, rock[:1]])]
    spray = trace(
        scatter(w, h, 9, rng, step(60, 10, np.abs(np.hypot(x - 170, (y - 520) * 0.7) - 40)) * (y < 560)),
        theta * 0 - 1.2 + 0.6 * wob,
        14,
    )
    spray_mask = blur(lines(w, h, spray, 2.4), 0.4) > 0.4

    tower = [(284, 396), (298, 206), (340, 206), (356, 396)]
    body = shape(w, h, tower) > 0.5
    stripes = ((y - 206) / 38).astype(int) % 2 == 1
    round_tone = np.clip((x - 300) / 62 + 0.15, 0.02, 0.95)
    shade = cut(
        y / 4.6 + 0.35 * np.sin((x - 320) / 14) + 0.05 * fine,
        np.where(stripes, 0.72 + 0.3 * round_tone, round_tone * 0.75),
    )
    ink = np.where(body, shade, ink)
    ink = np.where(shape(w, h, [(288, 206), (350, 206), (346, 196), (292, 196)]) > 0.5, 1, ink)
    ink = np.where(shape(w, h, [(302, 196), (336, 196), (336, 158), (302, 158)]) > 0.5, 0, ink)
    ink = np.where(shape(w, h, [(296, 158), (342, 158), (319, 128)]) > 0.5, 1, ink)
    bars = [np.array([(px, 158), (px, 196)]) for px in (302, 313, 325, 336)] + [np.array([(319, 130), (319, 114)])]
    ink = np.maximum(ink, lines(w, h, bars + outline + [np.array(tower[:2]), np.array(tower[2:])], 2.6))
    ink = np.where(spray_mask, 0, ink)
    gulls = [
        spline(
            [
                (gx - s, gy - s * 0.1),
                (gx - s * 0.5, gy - s * 0.5),
                (gx, gy),
                (gx + s * 0.5, gy - s * 0.55),
                (gx + s, gy - s * 0.2),
            ],
            False,
        )
        for gx, gy, s in [(120, 130, 24), (170, 96, 18), (90, 190, 16), (440, 250, 18), (210, 250, 14)]
    ]
    halo = blur(lines(w, h, gulls, 7), 0.6) > 0.5
    ink = np.where(halo, 0, ink)
    ink = np.maximum(ink, lines(w, h, gulls, 2.8))
    frame = np.minimum(np.minimum(x, w - x), np.minimum(y, h - y)) + 1.5 * wob
    ink = np.where(frame < 18, 1, ink)
    ink = np.where(frame < 11, 0, ink)

    sheet = paper(w, h, rng)
    grain = noise(w, h, 3, rng, 2, (1, 12))  # the plank shows in the solid black
    printed = blur(ink, 0.5) * step(-2.6, -1.2, grain + 1.1 * fine * 0.5 + 0.4 * noise(w, h, 60, rng))
    tint = (
        np.where(y < 384, 1.0, 0.55)
        * (frame > 14)
        * (1 - np.clip(beam, 0, 1) * step(500, 60, d) * (y < 384))
        * ~body
        * ~inside
    )
    picture = rgb("#f0e4c8") * (0.92 + 0.13 * sheet)[..., None]
    picture = mix(picture, rgb("#d9a441") * np.ones_like(picture), 0.85 * np.clip(step(120, 40, d) * (y < 384), 0, 1))
    picture = mix(picture, picture * rgb("#8fb3b0"), blur(tint, 0.8) * 0.9 * (1 - step(120, 40, d)))
    picture = mix(picture, picture * rgb("#d2553a"), 0.9 * body * stripes)
    return mix(picture, rgb("#191719"), 0.95 * printed)


# ----------------------------------------------------------------- wave print


def claws(rng, path, size):
    """Fingers of foam along a crest: small hooks that lean the way the wave falls."""
    out = []
    for (ax, ay), (bx, by) in zip(path[:-1:2], path[1::2], strict=False):
        a = np.arctan2(by - ay, bx - ax)
        s = size * rng.uniform(0.6, 1.25)
        for _ in range(3):
            turn = a + rng.uniform(0.5, 1.9)
            reach = s * rng.uniform(0.6, 1.5)
            tip = np.array([ax + np.cos(turn) * reach, ay + np.sin(turn) * reach])
            elbow = np.array([ax + np.cos(turn - 0.6) * reach * 0.7, ay + np.sin(turn - 0.6) * reach * 0.7])
            curve = spline([(ax, ay), elbow, tip, tip + (-s * 0.22, s * 0.28)], False, 5)
            out.append((curve, s))
    return out


def wave_print(rng, w=640, h=512):
    """Great wave and far mountain: a colour woodblock print in seven flat inks."""
    x, y = mesh(w, h)
    names = "night blue pale foam sky dusk sun".split()
    ink = dict(zip(names, rgb("#15284f #2c5c93 #8fb9cf #f6efdc #e9d7ae #b9a38c #d9573a"), strict=True))
    fade = np.round(np.clip((y - 20) / 330 + 0.02 * noise(w, h, 60, rng), 0, 1) * 9) / 9
    picture = mix(mix(ink["dusk"], ink["sky"], fade), rgb("#f3e4bf"), step(200, 360, y))
    cloud = noise(w, h, 80, rng, 2, (4.5, 0.8))
    picture = mix(picture, rgb("#f4e8cc"), (cloud + (y - 190) / 160 > 0.9) * (y < 300) * 1.0)
    picture = mix(picture, ink["sun"], disc(x, y, 486, 112, 46))
    bands = sum(
        shape(w, h, spline([(bx, by), (bx + long * 0.5, by - 6), (bx + long, by), (bx + long * 0.5, by + 6)]))
        for bx, by, long in [(430, 100, 130), (470, 128, 150), (400, 146, 120)]
    )
    picture = mix(picture, ink["sky"], np.clip(bands, 0, 1))
    mount = [(330, 352), (392, 306), (436, 268), (452, 262), (470, 270), (516, 310), (590, 352)]
    picture = mix(picture, rgb("#4f7396"), shape(w, h, mount))
    snow = [
        (405, 296),
        (436, 268),
        (452, 262),
        (470, 270),
        (500, 296),
        (486, 291),
        (478, 301),
        (464, 288),
        (452, 303),
        (440, 289),
        (426, 301),
        (418, 291),
    ]
    picture = mix(picture, ink["foam"], shape(w, h, snow))
    contours = [np.array(mount)]
    foam, drops = [], []

    def sea(line, deep, stripes, lean):
        nonlocal picture
        body = np.vstack([line, [(660, 540), (-20, 540)]])
        inside = shape(w, h, body)
        depth = y - np.interp(x[0], *np.array(sorted(map(tuple, line))).T)[None]
        picture = mix(picture, ink[deep], inside)
        for lo, hi, colour in stripes:
            wobble = 5 * np.sin(x / 31 + lean) + 3 * np.sin(x / 13 + 2 * lean)
            picture = mix(picture, ink[colour], inside * (depth + wobble > lo) * (depth + wobble < hi))
        contours.append(line)

    back = spline(
        [(-20, 372), (60, 352), (150, 372), (250, 346), (340, 362), (430, 344), (530, 364), (660, 340)], False
    )
    sea(back, "blue", [(-20, 5, "foam"), (14, 22, "pale"), (30, 36, "pale"), (46, 60, "night")], 0.5)

    def outline():
        nonlocal picture
        picture = mix(picture, ink["night"], np.clip(blur(lines(w, h, contours, 1.7), 0.4) * 1.2, 0, 1))
        contours.clear()  # what comes next stands in front

    outline()
    # The great wave: outer back, curling lip, and the hollow inside it.
    outer = spline([(-40, 430), (20, 330), (70, 210), (140, 108), (232, 52), (322, 62), (378, 112), (392, 172)], False)
    inner = spline(
        [(392, 172), (356, 140), (312, 136), (262, 172), (232, 240), (234, 320), (268, 390), (340, 436), (440, 452)],
        False,
    )
    body = np.vstack([outer, inner, [(440, 560), (-40, 560)]])
    inside = shape(w, h, body)
    picture = mix(picture, ink["night"], inside)
    for t, wide, colour in [
        (0.12, 17, "pale"),
        (0.24, 11, "foam"),
        (0.36, 15, "blue"),
        (0.5, 13, "pale"),
        (0.6, 6, "foam"),
        (0.72, 19, "blue"),
        (0.85, 9, "pale"),
        (0.94, 5, "foam"),
    ]:
        n = 90
        a = outer[np.linspace(0, len(outer) - 1, n).astype(int)]
        b = inner[::-1][np.linspace(0, len(inner) - 1, n).astype(int)]
        rib = a[:n] * (1 - t) + b * t
        taper = np.sin(np.linspace(0.12, np.pi - 0.05, n)) ** 0.8 * wide
        tangent = np.gradient(rib, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1) / (np.hypot(*tangent.T)[:, None] + 1e-6)
        ribbon = np.vstack([rib + normal * taper[:, None] / 2, (rib - normal * taper[:, None] / 2)[::-1]])
        picture = mix(picture, ink[colour], shape(w, h, ribbon) * inside)
        contours += [rib + normal * taper[:, None] / 2, rib - normal * taper[:, None] / 2]
    contours += [outer, inner]
    lip = np.vstack([outer[len(outer) // 3 :], inner[:30]])
    cap = shape(w, h, np.vstack([outer[len(outer) // 4 :], inner[:14], (outer[len(outer) // 4 :] + (6, 20))[::-1]]))
    picture = mix(picture, ink["foam"], cap)
    foam += claws(rng, lip, 26) + claws(rng, lip[len(lip) // 2 :], 34) + claws(rng, inner[:40], 24)

    front = spline(
        [(-20, 470), (60, 452), (140, 474), (240, 452), (330, 420), (420, 436), (500, 400), (580, 372), (660, 392)],
        False,
    )
    sea(
        front,
        "night",
        [(-20, 9, "foam"), (18, 30, "pale"), (38, 44, "foam"), (52, 72, "blue"), (80, 88, "pale"), (96, 104, "blue")],
        1.4,
    )
    foam += claws(rng, front[40:], 15)
    boat = spline([(470, 372), (500, 392), (560, 392), (604, 356), (590, 398), (548, 414), (496, 410)])
    picture = mix(picture, rgb("#c99a55"), shape(w, h, boat))
    contours.append(np.vstack([boat, boat[:1]]))
    men = [disc(x, y, px, py, 5.5) for px, py in [(512, 386), (526, 388), (540, 388), (554, 386)]]
    picture = mix(picture, ink["night"], np.clip(sum(men), 0, 1))
    low = spline([(-20, 500), (100, 486), (220, 500), (340, 478), (470, 492), (560, 462), (660, 476)], False)
    sea(low, "blue", [(-20, 7, "foam"), (14, 20, "pale"), (28, 40, "night")], 2.2)
    foam += claws(rng, low[::1], 12)

    for curve, s in foam:
        drops += [
            (p[0] + rng.normal(0, s * 0.16), p[1] + rng.normal(0, s * 0.16), rng.uniform(0.10, 0.24) * s)
            for p in curve[::2]
        ]
    spray = [
        (a[0] + rng.normal(14, 30), a[1] + rng.normal(18, 34), rng.uniform(1, 3.2)) for a in np.repeat(lip, 5, 0)[::2]
    ]
    claw_line = [c for c, _ in foam]
    rings = [ring(cx, cy, r, n=13) for cx, cy, r in drops]
    dark = np.maximum(lines(w, h, claw_line, 7), lines(w, h, rings, 3.2))
    white = np.maximum(lines(w, h, claw_line, 4.4), shapes(w, h, rings))
    outline()
    picture = mix(picture, ink["night"], dark)
    picture = mix(picture, ink["foam"], white)
    specks = [ring(cx, cy, r, n=13) for cx, cy, r in spray]
    picture = mix(picture, ink["foam"], shapes(w, h, specks))

    sheet = paper(w, h, rng)
    plank = noise(w, h, 5, rng, 3, (14, 1)) * 0.022 + 0.05 * (sheet - 0.5)
    return picture * (1 + plank)[..., None] * rgb("#fffaf0")
