"""Make data/samples: photographs, region masks, SOURCES.md and index.json.

    python tools/paint_styles.py       # the style pictures, first
    python tools/make_samples.py       # everything else

The photographs come out of installed packages (scikit-image, scikit-learn), so
nothing is downloaded. Authors and licences are those that the packages state
in their own documentation; SOURCES.md and index.json are written from the same
tables below, together with the size and the sha256 of every file.
"""

import hashlib
import io
import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageCms, ImageDraw, ImageFilter

sys.path.insert(0, str(Path(__file__).resolve().parent))
from paint import PICTURES  # noqa: E402
from paint_styles import SEED, VERSION  # noqa: E402

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"
SHORTER_SIDE = 512

SKIMAGE, SKLEARN = ("scikit-image", "skimage", "data"), ("scikit-learn", "sklearn", "datasets/images")
CC0 = "CC0 1.0"
CC_BY = "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"
PUBLIC = "public domain"

PHOTOS = [
    dict(
        name="astronaut",
        package=SKIMAGE,
        source="astronaut.png",
        title="Eileen Collins, astronaut",
        author="NASA",
        licence=f"{PUBLIC} (no known copyright restrictions)",
        url="https://flic.kr/p/r9qvLn",
        alt="A smiling astronaut in an orange space suit, with a flag, a helmet and a model of the Space Shuttle.",
    ),
    dict(
        name="cat",
        package=SKIMAGE,
        source="chelsea.png",
        title="Chelsea the cat",
        author="Stefan van der Walt",
        licence=CC0,
        url=None,
        alt="The face of a brown tabby cat with green eyes, looking to the right, close up.",
    ),
    dict(
        name="coffee",
        package=SKIMAGE,
        source="coffee.png",
        title="A cup of coffee at Pikolo Espresso Bar",
        author="Rachel Michetti",
        licence=CC0,
        url=None,
        alt="A cup of espresso with a spoon on a red saucer, on a wooden table.",
    ),
    dict(
        name="dahlia",
        package=SKLEARN,
        source="flower.jpg",
        title="Dahlia",
        author="vultilion (the package credits danielbuechele but links vultilion's photograph)",
        licence=CC_BY,
        url="https://www.flickr.com/photos/vultilion/6056698931/",
        alt="An orange dahlia in full bloom in front of dark green leaves.",
    ),
    dict(
        name="galaxies",
        package=SKIMAGE,
        source="hubble_deep_field.jpg",
        title="Hubble eXtreme Deep Field",
        author="NASA",
        licence=PUBLIC,
        url="http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/",
        alt="Hundreds of small coloured galaxies scattered over a black sky.",
    ),
    dict(
        name="photographer",
        package=SKIMAGE,
        source="camera.png",
        title="Man with a camera on a tripod",
        author="Lav Varshney",
        licence=CC0,
        url=None,
        alt="A man in a dark coat looks through a camera on a tripod in a park, in black and white.",
    ),
    dict(
        name="rocket",
        package=SKIMAGE,
        source="rocket.jpg",
        title="Falcon 9 with DSCOVR on the launch pad",
        author="SpaceX",
        licence=PUBLIC,
        url="https://www.flickr.com/photos/spacexphotos/16511594820/",
        alt="A white rocket stands between lattice towers and lamps under a deep blue evening sky.",
    ),
    dict(
        name="temple",
        package=SKLEARN,
        source="china.jpg",
        title="Temple above a lake in China",
        author="danielbuechele",
        licence=CC_BY,
        url="https://www.flickr.com/photos/danielbuechele/6061409035/",
        alt="A temple of three storeys with curved tiled roofs rises above trees and a wide lake.",
    ),
]

# Outlines in pixels of the photograph, placed by eye over the picture.
CAT = [
    (0, 512),
    (0, 208),
    (26, 196),
    (50, 186),
    (58, 152),
    (53, 112),
    (58, 62),
    (66, 22),
    (68, 0),
    (690, 0),
    (672, 22),
    (655, 45),
    (642, 80),
    (625, 112),
    (613, 128),
    (610, 150),
    (614, 180),
    (622, 205),
    (616, 250),
    (604, 292),
    (583, 330),
    (560, 358),
    (542, 385),
    (538, 412),
    (528, 445),
    (512, 468),
    (520, 490),
    (545, 512),
]
SKY = [
    (0, 0),
    (767, 0),
    (767, 185),
    (745, 165),
    (720, 166),
    (703, 172),
    (692, 198),
    (690, 222),
    (668, 240),
    (660, 245),
    (600, 243),
    (400, 246),
    (110, 250),
    (58, 246),
    (42, 232),
    (20, 222),
    (8, 212),
    (6, 182),
    (0, 172),
]
TEMPLE = [
    (236, 40),
    (245, 35),
    (256, 40),
    (258, 52),
    (255, 58),
    (260, 70),
    (262, 78),
    (275, 92),
    (300, 112),
    (325, 122),
    (345, 132),
    (360, 128),
    (383, 148),
    (365, 158),
    (350, 168),
    (352, 190),
    (370, 196),
    (395, 207),
    (392, 216),
    (383, 220),
    (384, 268),
    (392, 272),
    (392, 284),
    (396, 290),
    (421, 303),
    (418, 318),
    (408, 325),
    (410, 365),
    (420, 370),
    (424, 385),
    (446, 396),
    (440, 410),
    (405, 443),
    (395, 470),
    (388, 480),
    (380, 512),
    (345, 512),
    (345, 480),
    (330, 468),
    (295, 468),
    (262, 460),
    (245, 440),
    (215, 430),
    (190, 415),
    (165, 405),
    (130, 408),
    (90, 410),
    (88, 395),
    (97, 385),
    (97, 340),
    (80, 330),
    (76, 318),
    (90, 305),
    (112, 295),
    (112, 280),
    (118, 275),
    (120, 228),
    (100, 222),
    (102, 205),
    (125, 196),
    (143, 192),
    (145, 170),
    (128, 162),
    (113, 150),
    (116, 128),
    (140, 124),
    (165, 118),
    (195, 102),
    (222, 84),
    (232, 74),
    (232, 65),
    (236, 57),
    (233, 50),
]

# The layers are painted in this order, each as a grey level; white is the first region.
MASKS = [
    dict(
        name="cat",
        photo="cat",
        title="Cat and background",
        regions=["cat", "background"],
        layers=[(CAT, 255)],
        soft=1.5,
        alt="White where the cat is, black where the background is.",
    ),
    dict(
        name="temple",
        photo="temple",
        title="Sky, temple, land and water",
        regions=["sky", "temple", "land and water"],
        layers=[(SKY, 255), (TEMPLE, 128)],
        soft=0,
        alt="White for the sky, grey for the temple, black for the land and the lake.",
    ),
]


def load_photo(photo):
    """The packaged photograph in sRGB: one of them is stored in Adobe RGB."""
    _, module, folder = photo["package"]
    path = Path(find_spec(module).origin).parent / folder / photo["source"]
    with Image.open(path) as image:
        profile = image.info.get("icc_profile")
        image = image.convert("RGB")
    if profile:
        image = ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"))
    return image


def make_photo(photo):
    """Write content/NAME.jpg and return its entry in the index."""
    image = load_photo(photo)
    scale = SHORTER_SIDE / min(image.size)
    size = tuple(round(side * scale) for side in image.size)
    small = image if size == image.size else image.resize(size, Image.LANCZOS)
    path = SAMPLES / "content" / f"{photo['name']}.jpg"
    Image.frombytes("RGB", small.size, small.tobytes()).save(path, quality=90, optimize=True)  # no metadata
    package, module, folder = photo["package"]
    change = (
        {True: "enlarged", False: "reduced"}[scale > 1] + f" from {image.width}×{image.height}"
        if scale != 1
        else "same size"
    )
    origin = f"{package} {version(package)}, {module}/{folder}/{photo['source']} ({change}, saved as JPEG)"
    if photo["url"]:
        origin += f"; original: {photo['url']}"
    return entry(path, photo, origin)


def make_mask(mask):
    """Write masks/NAME.png, drawn four times larger so that slanting edges come out smooth."""
    with Image.open(SAMPLES / "content" / f"{mask['photo']}.jpg") as photo:
        size = photo.size
    # A label map must hold its grey levels only: softening would invent levels in between.
    zoom = 4 if mask["soft"] else 1
    large = Image.new("L", (size[0] * zoom, size[1] * zoom))
    draw = ImageDraw.Draw(large)
    for outline, level in mask["layers"]:
        draw.polygon([(x * zoom, y * zoom) for x, y in outline], fill=level)
    image = large.resize(size, Image.LANCZOS).filter(ImageFilter.GaussianBlur(mask["soft"])) if mask["soft"] else large
    path = SAMPLES / "masks" / f"{mask['name']}.png"
    image.save(path, optimize=True)
    facts = dict(mask, author="adain_lab authors", licence="MIT")
    found = entry(path, facts, "drawn by hand in tools/make_samples.py")
    return found | {"for": f"content/{mask['photo']}.jpg", "regions": mask["regions"]}


def style_entry(name):
    """The entry of a painted style picture, which has to be there already."""
    _, title, alt = PICTURES[name]
    path = SAMPLES / "style" / f"{name}.jpg"
    if not path.exists():
        sys.exit(f"{path.name} is missing: run `python tools/paint_styles.py {name}` first")
    facts = dict(name=name, title=title, author="adain_lab authors", licence="MIT", alt=alt)
    return entry(path, facts, f"painted by tools/paint_styles.py {name} (version {VERSION}, seed {SEED})")


def entry(path, facts, origin):
    """What index.json says about one file."""
    with Image.open(path) as image:
        width, height = image.size
    kept = {key: facts[key] for key in ("name", "title", "author", "licence")}
    return {
        "file": path.relative_to(SAMPLES).as_posix(),
        **kept,
        "origin": origin,
        "alt": facts["alt"],
        "width": width,
        "height": height,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


HEADINGS = {
    "content": ("Photographs", "Their authors and licences are as stated by the packages they come from."),
    "style": ("Style pictures", "Painted by a program of this repository, under the repository's licence."),
    "masks": ("Region masks", "Exactly as large as their photograph; white is the first region."),
}


def sources(index):
    """SOURCES.md: the index as tables for people."""
    out = [
        "# Sources of the sample pictures",
        "",
        "Written by `tools/make_samples.py`; `index.json` holds the same for programs.",
        "",
    ]
    for group, (title, remark) in HEADINGS.items():
        out += [
            f"## {title}",
            "",
            remark,
            "",
            "| File | Title | Author | Licence | Origin | Pixels | sha256 |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for e in index[group]:
            cells = [
                f"`{e['file']}`",
                e["title"],
                e["author"],
                e["licence"],
                e["origin"],
                f"{e['width']}×{e['height']}",
                f"`{e['sha256']}`",
            ]
            out.append("| " + " | ".join(cells) + " |")
        out.append("")
    return "\n".join(out)


def main():
    for group in HEADINGS:
        (SAMPLES / group).mkdir(parents=True, exist_ok=True)
    index = {
        "content": [make_photo(photo) for photo in PHOTOS],
        "style": [style_entry(name) for name in PICTURES],
        "masks": [make_mask(mask) for mask in MASKS],
    }
    (SAMPLES / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (SAMPLES / "SOURCES.md").write_text(sources(index), encoding="utf-8")
    total = sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file())
    print(f"{sum(map(len, index.values()))} files, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
