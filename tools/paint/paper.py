"""Pictures on paper: ink wash, watercolour, marbling and charcoal."""

import numpy as np

from .brush import S, blur, disc, lines, mesh, mix, noise, paper, rgb, scatter, shape, spline, step, trace

# ------------------------------------------------------------------- ink wash


def pine(rng, x, y, tall, lean):
    """Paths of one ink pine: (trunk and boughs, needles), each a list of polylines."""
    t = np.linspace(0, 1, 14)[:, None]
    spine = np.concatenate([x + lean * t**1.6 + tall * 0.07 * np.sin(7 * t + lean), y - tall * t], 1)
    wood, needles = [spine], []
    for k in range(4, 14):
        for side in (-1, 1):
            if rng.random() < 0.3:
                continue
            reach = tall * (0.46 - 0.025 * k) * rng.uniform(0.45, 1.3)
            droop = rng.uniform(-0.1, 0.45)
            bough = spline(
                [spine[k], spine[k] + (side * reach * 0.5, -reach * 0.10), spine[k] + (side * reach, reach * droop)],
                closed=False,
                n=5,
            )
            wood.append(bough)
            for p in bough[3::2]:
                fan = rng.uniform(-np.pi, 0, 16)
                size = tall * rng.uniform(0.03, 0.065, 16)
                needles += [
                    np.array([p, p + (np.cos(a) * s * 1.3, np.sin(a) * s)]) for a, s in zip(fan, size, strict=False)
                ]
    return wood, needles


def ink_mountains(rng, w=512, h=640):
    """Mountains in mist: ink wash on rice paper, with dry texture strokes and one seal."""
    x, y = mesh(w, h)
    sheet = paper(w, h, rng)
    ink = 0.05 * step(260, 0, y) * (1 + noise(w, h, 80, rng, 3))
    sun = disc(x, y, 366, 118, 34, 1.5)
    ink *= 1 - sun
    shore = step(500, 530, y)  # the lake lies in the mist
    ridges = [
        (215, 70, 110, 0.30, 75),
        (300, 120, 150, 0.46, 90),
        (392, 95, 120, 0.62, 80),
        (470, 60, 150, 0.85, 60),
        (640, 40, 110, 1.25, 150),
    ]
    peaks = [(330, 40, 52), (150, 150, 60), (400, 130, 70), (60, 130, 95), (480, 95, 95)]
    for (base, tall, cell, tone, fade), (px, lift, spread) in zip(ridges, peaks, strict=False):
        rough = noise(w, 1, cell, rng, 5)[0]
        crag = np.abs(noise(w, 1, cell * 0.5, rng, 4)[0])
        line = base - tall * 0.35 * rough + 14 * crag - 1.3 * lift * np.exp(-(((x[0] - px) / spread) ** 2))
        drop = y - line[None]
        inside = step(-0.6, 1.2, drop)
        body = np.exp(-np.clip(drop, 0, None) / fade) * (0.75 + 0.22 * noise(w, h, 30, rng, 4, (1, 1.6)))
        mist = step(-0.8, 0.7, noise(w, h, 90, rng, 3, (3, 1)) + 0.9 - drop / fade)
        ink = mix(ink, 0.16 * ink * step(60, 0, drop), inside)  # the nearer hill hides the farther
        ink += tone * inside * np.clip(body, 0, 1.2) * (0.35 + 0.65 * mist) * 0.75
        ink += tone * 0.7 * np.exp(-((drop - 1.2) ** 2) / 3) * step(-0.6, 0.6, noise(w, h, 24, rng, 2))
        # Texture strokes run down the rock on both sides of each crag.
        slope = np.gradient(blur(line[None].repeat(3, 0), 5)[1]) * S
        angle = np.pi / 2 - 0.75 * np.clip(slope, -1, 1)[None] + 0.35 * noise(w, h, 26, rng, 2)
        where = inside * np.exp(-np.clip(drop, 0, None) / fade / 0.8) * step(-0.5, 0.8, noise(w, h, 22, rng, 2))
        paths = trace(scatter(w, h, 4.6, rng, where), angle, 24)
        marks = lines(w, h, paths, rng.uniform(0.6, 2.3, len(paths)))
        dry = step(0.36, 0.56, sheet + 0.12 * noise(w, h, 5, rng))
        ink += 0.55 * tone * blur(marks, 0.5) * dry * inside * (1 - shore if base < 600 else 1)
    ripples = trace(scatter(w, h, 9, rng, shore * step(-0.3, 0.9, noise(w, h, 30, rng, 2, (3, 1)))), 0 * x, 34)
    ink += 0.22 * shore * blur(lines(w, h, ripples, 1.1), 0.5) * step(0.3, 0.5, sheet)
    wood, needles = [], []
    for px, py, tall, lean in [
        (92, 640, 250, 46),
        (150, 650, 165, -24),
        (22, 650, 180, 24),
        (446, 640, 120, -26),
        (480, 652, 165, -40),
        (404, 655, 80, 10),
    ]:
        a, b = pine(rng, px, py, tall, lean)
        wood, needles = wood + a, needles + b
    ink += 1.5 * blur(lines(w, h, wood, [4.5 if len(p) == 14 else 1.8 for p in wood]), 0.5)
    ink += 1.1 * blur(lines(w, h, needles, 0.9), 0.5)
    lake = [(264, 548), (300, 559), (334, 546), (300, 552)]
    ink += 1.6 * blur(shape(w, h, lake), 0.5) + 1.2 * blur(
        lines(w, h, [np.array([(300, 553), (304, 526)]), np.array([(288, 552), (293, 538), (299, 551)])], 2), 0.5
    )
    birds = [
        np.array([(bx - s, by - s * 0.4), (bx, by), (bx + s, by - s * 0.5)])
        for bx, by, s in [(262, 118, 8), (286, 104, 7), (244, 98, 6), (304, 132, 6), (270, 80, 5)]
    ]
    ink += blur(lines(w, h, birds, 1.1), 0.4)
    ink = np.clip(ink * (0.82 + 0.36 * sheet), 0, 2.4)
    ink += 0.3 * np.clip(ink - blur(ink, 4), 0, 1)  # pigment gathers at wet edges
    picture = rgb("#efe6d2") * (0.93 + 0.12 * sheet)[..., None] * rgb("#3d3c44") ** (ink[..., None] * 1.15)
    picture = mix(picture, rgb("#c8402f") * picture / 0.9, 0.85 * sun)
    seal = shape(w, h, [(440, 44), (470, 44), (470, 78), (440, 78)])
    glyph = lines(
        w,
        h,
        [
            np.array(p)
            for p in [
                [(446, 52), (464, 52)],
                [(455, 50), (455, 72)],
                [(446, 62), (464, 62)],
                [(447, 72), (463, 72)],
                [(448, 66), (448, 72)],
            ]
        ],
        2,
    )
    return mix(picture, rgb("#b62a22"), 0.9 * seal * (1 - glyph) * step(0.25, 0.4, sheet))


# ---------------------------------------------------------------- watercolour


class Sheet:
    """Watercolour paper: every wash multiplies the light that the paper returns."""

    def __init__(self, w, h, rng):
        self.x, self.y = mesh(w, h)
        self.rng, self.grain = rng, paper(w, h, rng, 2.2)
        self.picture = np.ones((h * S, w * S, 3), np.float32) * rgb("#fbf8f0")
        self._wobble = [noise(w, h, cell, rng, 4) for cell in (26, 26, 60)]

    def field(self, kind=0, size=None):
        """A piece of one of the ready noise fields, from anywhere: no two washes share it."""
        field = self._wobble[kind]
        rows, cols = size or self.x.shape
        shift = self.rng.integers(0, np.array(field.shape))
        return field.take(np.arange(rows) + shift[0], 0, mode="wrap").take(np.arange(cols) + shift[1], 1, mode="wrap")

    def wash(self, form, colour, strength=1.0, wet=0.03, part=np.s_[:, :]):
        """A pool of colour where `form` > 0: dark dried edge, grain, uneven pigment."""
        pool = step(-wet, wet, form)
        rim = np.clip(pool - blur(pool, 2.2), 0, 1) * (1.5 if wet < 0.1 else 0.3)
        load = pool * (0.62 + 0.26 * self.field(2, pool.shape)) + rim
        load *= 0.72 + 0.55 * self.grain[part]
        self.picture[part] *= rgb(colour) ** (np.clip(load, 0, 3) * strength)[..., None]

    def blob(self, cx, cy, rx, ry, colour, strength=1.0, turn=0.0, rough=0.16, wet=0.03):
        """A wash in an oval with a wandering edge (worked out only where it can reach)."""
        reach = max(rx, ry) * (1 + 4.5 * rough + wet) + 6
        rows = slice(max(0, int((cy - reach) * S)), max(0, int((cy + reach) * S)))
        cols = slice(max(0, int((cx - reach) * S)), max(0, int((cx + reach) * S)))
        dx, dy = self.x[rows, cols] - cx, self.y[rows, cols] - cy
        if dx.size:
            u = (dx * np.cos(turn) + dy * np.sin(turn)) / rx
            v = (-dx * np.sin(turn) + dy * np.cos(turn)) / ry
            form = 1 - np.hypot(u, v) + rough * self.field(0, dx.shape)
            self.wash(form, colour, strength, wet, np.s_[rows, cols])


def poppy_jug(rng, w=512, h=640):
    """Poppies and cornflowers in a jug: watercolour, wet in wet and wet on dry."""
    s = Sheet(w, h, rng)
    for cx, cy, r, colour in [
        (90, 130, 190, "#f6d48a"),
        (430, 100, 190, "#a9cfe6"),
        (250, 280, 230, "#cfe0a8"),
        (70, 420, 180, "#d9b8dc"),
        (450, 400, 170, "#f3c9b4"),
        (256, 40, 150, "#cfe3ee"),
    ]:
        s.blob(cx, cy, r, r, colour, 1.1, rough=0.35, wet=0.35)
    for _ in range(26):  # back-runs: drops in a drying wash
        cx, cy, r = rng.uniform(0, w), rng.uniform(0, 470), rng.uniform(20, 60)
        s.blob(cx, cy, r, r, rng.choice(["#bcd8e8", "#f2dba6", "#d3c3e4", "#c6dcb0", "#f1c8bd"]), 0.5, rough=0.3)
    s.wash((s.y - 512) / 60 + 0.12 * s.field(), "#e7d3b5", 0.9)
    for k in range(-4, 9):  # a checked cloth
        band = np.abs(s.x - 60 * k - 0.45 * (s.y - 512) * (k - 4) / 4)
        s.wash(np.minimum(1 - band / 13, (s.y - 516) / 8) + 0.1 * s.field(), "#7fa3d6", 0.75)
    for k in range(4):
        s.wash(1 - np.abs(s.y - 532 - 30 * k) / (7 + k) + 0.1 * s.field(), "#7fa3d6", 0.75)
    s.blob(330, 578, 130, 24, "#5a5f9a", 0.8, rough=0.2, wet=0.2)

    heads = [
        (170, 190, 64),
        (300, 130, 62),
        (392, 236, 58),
        (250, 262, 68),
        (120, 300, 50),
        (352, 330, 50),
        (206, 84, 42),
    ]
    blues = [
        (90, 214, 30),
        (236, 178, 28),
        (420, 150, 30),
        (318, 222, 28),
        (180, 330, 30),
        (444, 306, 28),
        (110, 120, 26),
        (372, 66, 26),
        (276, 52, 24),
        (290, 336, 26),
    ]
    for cx, cy, _ in heads + blues:
        bend = spline(
            [(256 + (cx - 256) * 0.12, 420), (256 + (cx - 256) * 0.3 + 8 * np.sin(cx), 350), (cx, cy)], closed=False
        )
        form = blur(lines(w, h, [bend], 4), 1.2) * (1 + 0.2 * s.field()) - 0.45
        s.wash(form, "#6f9a4a", 0.7, wet=0.1)
    for _ in range(60):
        a = rng.uniform(np.pi * 1.02, np.pi * 1.98)
        d = rng.uniform(60, 215)
        cx, cy = 256 + np.cos(a) * d, 400 + np.sin(a) * d
        s.blob(
            cx,
            cy,
            rng.uniform(22, 46),
            rng.uniform(5, 10),
            rng.choice(["#7fae52", "#4f8f5a", "#9dbb4a", "#3f7a6a"]),
            rng.uniform(0.5, 1.1),
            turn=a + rng.normal(0, 0.5),
        )
    for cx, cy, r in heads:
        start = rng.uniform(0, 6)
        for k in range(5):
            a = start + k * 2 * np.pi / 5
            s.blob(
                cx + np.cos(a) * r * 0.45,
                cy + np.sin(a) * r * 0.36,
                r * 0.62,
                r * 0.5,
                rng.choice(["#f0563a", "#e8352f", "#f47a3c", "#ee4a5e"]),
                rng.uniform(0.4, 0.8),
                a,
                0.2,
            )
        s.blob(cx, cy, r * 0.42, r * 0.34, "#c0283a", 0.6, rough=0.5, wet=0.35)
        s.blob(cx, cy, r * 0.17, r * 0.15, "#2a1f33", 2.2)
        for a in rng.uniform(0, 2 * np.pi, 9):
            s.blob(cx + np.cos(a) * r * 0.28, cy + np.sin(a) * r * 0.24, 2.4, 2.4, "#2a1f33", 1.6)
    for cx, cy, r in blues:
        for a in np.arange(9) * 2 * np.pi / 9 + rng.uniform(0, 1):
            s.blob(
                cx + np.cos(a) * r * 0.6,
                cy + np.sin(a) * r * 0.55,
                r * 0.45,
                r * 0.2,
                rng.choice(["#4f6fd0", "#3f55b8", "#7a8fe0"]),
                0.85,
                a,
            )
        s.blob(cx, cy, r * 0.3, r * 0.3, "#4a2f78", 1.4, rough=0.4, wet=0.15)

    jug = spline(
        [(196, 398), (316, 398), (300, 436), (338, 500), (322, 572), (256, 590), (190, 572), (174, 500), (212, 436)]
    )
    form = blur(shape(w, h, jug), 1.5) * (1 + 0.1 * s.field()) - 0.5
    glint = 0.9 * np.exp(-(((s.x - 214) / 9) ** 2) - ((s.y - 505) / 34) ** 2)
    s.wash(form - glint, "#8fc0dc", 1.3)
    s.wash(np.minimum(form, (s.x - 262) / 120 + 0.18 * s.field()), "#4f7fc0", 1.2, wet=0.2)
    for k in range(5):
        s.wash(
            np.minimum(form, 0.5 - np.abs(s.y - 470 - 24 * k - 8 * np.sin(s.x / 11 + k)) / 8 + 0.08 * s.field()),
            "#2f4f9f",
            1.0,
        )
    ear = spline([(326, 430), (384, 424), (392, 486), (334, 528)], closed=False)
    s.wash(blur(lines(w, h, [ear], 11), 1.5) - 0.5, "#5f93cc", 1.5)
    for _ in range(70):
        r = rng.exponential(2.2) + 0.8
        s.blob(
            rng.uniform(0, w), rng.uniform(0, h), r, r, rng.choice(["#e8352f", "#4f6fd0", "#7fae52", "#f0a03a"]), 0.9
        )
    return s.picture * (0.95 + 0.08 * s.grain)[..., None]


# ------------------------------------------------------------------- marbling


def marbled(rng, w=640, h=512):
    """Marbled paper: drops on a bath, drawn with combs; each pixel is traced back in time."""
    x, y = mesh(w, h)
    inks = rgb("#14213f #1d4f86 #c8322f #f0b43c #f6ead2 #2f8f83 #7a1f3a #f6ead2 #e8794a #0f6b74")
    deeds = [
        ("drop", rng.uniform(-40, w + 40), rng.uniform(-40, h + 40), r, k % len(inks))
        for k, r in enumerate(rng.uniform(24, 52, 260))
    ]
    deeds += [
        ("drop", rng.uniform(0, w), rng.uniform(0, h), rng.uniform(4, 11), int(rng.choice([4, 0, 3])))
        for _ in range(120)
    ]
    deeds += [("comb", 0, offset, 90, 34, sign) for offset, sign in ((0, 1), (45, -1))]
    deeds += [("comb", 1, offset, 16, 46, sign) for offset, sign in ((0, 1), (16, -1))]
    deeds += [("wave", 26, 78)]
    deeds += [
        ("whirl", cx, cy, 62, s)
        for cx, cy, s in [(118, 120, 95), (330, 250, -105), (540, 120, 95), (118, 400, -95), (540, 396, 100)]
    ]

    colour = np.full(x.shape, -1)
    px, py = x.copy(), y.copy()
    for deed, *a in reversed(deeds):
        if deed == "drop":
            dx, dy = px - a[0], py - a[1]
            d2 = dx * dx + dy * dy + 1e-6
            colour = np.where((d2 < a[2] ** 2) & (colour < 0), a[3], colour)
            pull = np.sqrt(np.clip(1 - a[2] ** 2 / d2, 0, 1))
            px, py = a[0] + dx * pull, a[1] + dy * pull
        elif deed == "comb":
            axis, offset, gap, reach, sign = a
            across = (px if axis else py) - offset
            near = np.abs((across + gap) % (2 * gap) - gap)
            shift = sign * reach * np.exp(-near / (gap * 0.32))
            px, py = (px, py - shift) if axis else (px - shift, py)
        elif deed == "wave":
            px = px - a[0] * np.sin(py / a[1] * 2 * np.pi)
        else:
            dx, dy = px - a[0], py - a[1]
            d = np.hypot(dx, dy) + 1e-6
            turn = a[3] / a[2] * 1.6 * np.exp(-((d / a[2]) ** 2))
            px = a[0] + dx * np.cos(turn) + dy * np.sin(turn)
            py = a[1] - dx * np.sin(turn) + dy * np.cos(turn)
    bath = inks[colour]
    bath *= (1 + 0.02 * noise(w, h, 4, rng, 2))[..., None]
    sheet = paper(w, h, rng, 1.4)
    return mix(bath, rgb("#f4ecd9"), 0.04 + 0.1 * sheet) * (0.95 + 0.08 * sheet)[..., None]


# ------------------------------------------------------------------- charcoal


def branches(rng, p, angle, length, width, out):
    """Grow a bare tree: a bough that bends, forks, and ends in twigs."""
    path = [np.array(p, float)]
    for _ in range(6):
        angle += rng.normal(0, 0.16) - 0.03 * np.cos(angle)
        path.append(path[-1] + length / 6 * np.array([np.cos(angle), np.sin(angle)]))
    out.append((np.array(path), width))
    if width > 0.7:
        for _ in range(2 if rng.random() < 0.6 else 3):
            k = rng.integers(3, 7)
            branches(
                rng,
                path[k],
                angle + rng.choice([-1, 1]) * rng.uniform(0.25, 0.75),
                length * rng.uniform(0.62, 0.86),
                width * rng.uniform(0.5, 0.7),
                out,
            )


def winter_oaks(rng, w=640, h=512):
    """Bare oaks in the snow: charcoal and white chalk on grey-brown paper."""
    x, y = mesh(w, h)
    sheet = paper(w, h, rng, 1.5)
    field = 372 + 14 * np.sin(x / 90) + 8 * np.sin(x / 37 + 1)
    sun = np.exp(-(((x - 432) / 120) ** 2) - ((y - 240) / 90) ** 2)
    cloud = noise(w, h, 90, rng, 4, (2.2, 1))
    sky = np.clip(0.36 + 0.24 * cloud - 0.5 * sun - 0.15 * step(150, 380, y), 0, 1)
    land = np.clip(0.10 + 0.2 * noise(w, h, 40, rng, 3, (4, 1)) + 0.35 * step(420, 520, y), 0, 1)
    wood = step(0, 3, y - field + 46 + 26 * noise(w, 1, 26, rng, 4)[:1]) * step(4, -4, y - field)
    tone = np.where(y < field, np.maximum(sky, 0.62 * wood), land)

    angle = np.where(y < field, -0.72 + 0.25 * noise(w, h, 120, rng, 2), 0.06 * np.cos(x / 90))
    angle = np.where(wood > 0.5, np.pi / 2 - 0.1, angle)
    dark = 0.32 * blur(tone, 3) + 0.1 * tone  # smudged with the thumb first
    for spacing, reach, power, width in [(7, 30, 1.0, 2.2), (6, 24, 1.5, 1.8), (5, 18, 2.4, 1.5)]:
        paths = trace(scatter(w, h, spacing, rng, np.clip(tone, 0, 1) ** power), angle + rng.normal(0, 0.1), reach)
        dark += (
            0.36
            * lines(w, h, paths + rng.normal(0, 0.5, paths.shape), rng.uniform(0.5, 1, len(paths)) * width)
            * (0.4 + tone)
        )
    for tx, ty, tall, wide in [
        (404, 392, 34, 4),
        (566, 396, 40, 4.5),
        (300, 390, 28, 3.5),
        (500, 388, 24, 3),
        (196, 452, 112, 19),
        (612, 470, 84, 12),
        (66, 410, 52, 7),
    ]:
        boughs = []
        branches(rng, (tx, ty), -np.pi / 2 + rng.normal(0, 0.06), tall, wide, boughs)
        for lean in (-0.55, 0.5, 0.1):
            branches(rng, boughs[0][0][5], -np.pi / 2 + lean, tall * 0.82, wide * 0.62, boughs)
        paths, widths = [b[0] for b in boughs], np.array([b[1] for b in boughs])
        weight = 0.55 + 0.55 * min(1, wide / 14)
        dark += weight * blur(lines(w, h, paths, np.maximum(widths, 0.55)), 0.5)
        roots = [
            np.array(
                [(tx + k * wide * 0.2, ty - wide * 0.9), (tx + k * wide * 0.4, ty), (tx + k * wide, ty + wide * 0.35)]
            )
            for k in (-0.9, -0.4, 0.3, 0.9)
        ]
        dark += weight * lines(w, h, roots, wide * 0.3)
        bark = lines(
            w,
            h,
            trace(scatter(w, h, 5, rng, step(0.5, 0.9, blur(lines(w, h, paths[:1], wide), 1))), 0 * x - 1.5, 16),
            1,
        )
        dark -= 0.75 * weight * bark * (x > tx - wide * 0.4)  # light that grazes the bark
        cast = (
            np.clip(1 - np.abs((y - ty) * 2.2 + (x - tx) * 0.9) / (wide * 1.4), 0, 1)
            * step(0, -wide * 9, x - tx)
            * step(-4, 4, y - ty + 6)
        )
        dark += 0.5 * cast * step(0.3, 0.6, sheet + 0.2 * noise(w, h, 6, rng, 1, (4, 1)))
    rails = [
        np.array([(fx, fy), (fx + rng.normal(0, 3), fy - tall)])
        for fx, fy, tall in [
            (260, 432, 24),
            (312, 428, 22),
            (360, 424, 21),
            (408, 421, 19),
            (452, 419, 18),
            (492, 417, 16),
        ]
    ]
    rails += [np.array([(250, 418 - d), (340, 412 - d), (500, 407 - d * 0.6)]) for d in (0, 9)]
    dark += 0.9 * blur(lines(w, h, rails, 1.6), 0.4)
    crows = [
        np.array([(cx - s, cy - s * 0.5), (cx, cy), (cx + s, cy - s * 0.6)])
        for cx, cy, s in [(330, 110, 8), (362, 92, 7), (392, 120, 6), (352, 138, 5), (420, 88, 5), (468, 122, 6)]
    ]
    dark += blur(lines(w, h, crows, 2), 0.4)

    # Charcoal only catches on the teeth of the paper, unless it is pressed hard.
    caught = step(0.02, 0.5, dark * 1.15 - 0.85 * (sheet - 0.28) + 0.05 * noise(w, h, 4, rng))
    caught = np.clip(0.55 * dark * caught + 0.5 * caught * np.clip(dark, 0, 1), 0, 1)
    snow = step(0.1, 1.0, noise(w, h, 18, rng, 3, (5, 0.8)) + 0.6 - (y - 400) / 120) * (y > field)
    chalk = 0.85 * np.clip(sun * 1.5 - 0.35 + 0.2 * noise(w, h, 10, rng, 2, (2.5, 1)), 0, 1) * (y < field) + 0.75 * snow
    strokes = lines(w, h, trace(scatter(w, h, 5, rng, np.clip(chalk, 0, 1)), np.where(y < field, angle, 0.05), 26), 1.7)
    chalk = np.clip(0.5 * chalk + 0.6 * strokes * chalk, 0, 1) * step(0.3, 0.62, sheet + 0.15)
    picture = rgb("#b9ab97") * (0.9 + 0.2 * sheet)[..., None]
    picture = mix(picture, rgb("#f7f2e6"), chalk)
    return mix(picture, rgb("#17161a"), caught)
