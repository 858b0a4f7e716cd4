"""The pictures of data/samples/style and the functions that paint them.

One module per family of techniques; all share the paint box in `brush`.
"""

from . import design, oil, paper, pieces, prints

# name: (painter, title, what it shows — the alternative text of the picture)
PICTURES = {
    "night_village": (
        oil.night_village,
        "Night over the village",
        "Swirling thick blue strokes fill a night sky with glowing yellow stars above a village and a dark cypress.",
    ),
    "harbour_dots": (
        oil.harbour_dots,
        "Harbour at sunset",
        "Sailing boats on a sunset sea behind a leaning pine, painted in small separate dots of pure colour.",
    ),
    "autumn_avenue": (
        oil.autumn_avenue,
        "Wet avenue in autumn",
        "Two people under a red umbrella walk down a wet avenue of autumn trees, laid on in broad dabs of a palette knife.",
    ),
    "colour_discs": (
        oil.colour_discs,
        "Colour discs",
        "Large and small discs made of rings in strongly contrasting colours, brushed round and round.",
    ),
    "ink_mountains": (
        paper.ink_mountains,
        "Mountains in mist",
        "Steep mountains fade into mist behind pines and a small boat, in black ink on rice paper with a red sun.",
    ),
    "poppy_jug": (
        paper.poppy_jug,
        "Poppies in a blue jug",
        "A loose watercolour of red poppies and blue cornflowers in a blue jug on a checked cloth.",
    ),
    "marbled": (
        paper.marbled,
        "Marbled paper",
        "Marbled paper: thin veins of red, blue, yellow, green and cream combed into waves and whirls.",
    ),
    "winter_oaks": (
        paper.winter_oaks,
        "Oaks in winter",
        "Bare oaks in a snowy field under a dark sky, drawn in charcoal and white chalk on brown paper.",
    ),
    "stained_glass": (
        pieces.stained_glass,
        "Sun window",
        "A stained-glass window: a radiant sun over violet hills, a turquoise river and red lilies, with black leading.",
    ),
    "fish_mosaic": (
        pieces.fish_mosaic,
        "Two fish",
        "A mosaic floor of small stone cubes with an orange and a yellow fish in blue waves.",
    ),
    "kilim": (
        pieces.kilim,
        "Kilim with birds",
        "A woven rug with stepped diamonds in red, blue and gold between bands of birds and stars.",
    ),
    "cubist_guitar": (
        pieces.cubist_guitar,
        "Guitar and bottle",
        "A guitar, a bottle and sheet music broken into slanting brown, ochre and grey facets.",
    ),
    "lighthouse_woodcut": (
        prints.lighthouse_woodcut,
        "Lighthouse in a storm",
        "A woodcut of a lighthouse on a rock, rays of light and heavy seas cut in black lines.",
    ),
    "wave_print": (
        prints.wave_print,
        "Wave and far mountain",
        "A colour woodblock print of a towering blue wave with white foam before a snow-capped mountain and a red sun.",
    ),
    "de_stijl": (
        design.de_stijl,
        "City in rectangles",
        "A grid of yellow and black bars with small squares and blocks of red, blue, yellow, grey and white.",
    ),
    "golden_tree": (
        design.golden_tree,
        "Tree of spirals",
        "A tree whose boughs roll into spirals on a ground of gold leaf, over a meadow of coloured discs.",
    ),
    "neon_rain": (
        design.neon_rain,
        "Neon in the rain",
        "A figure with an umbrella in a rainy night street lit by pink, cyan and orange neon signs.",
    ),
}
