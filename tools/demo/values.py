"""The closed values of the demo shop: colours, what each material can carry, brands, line names."""

from __future__ import annotations

COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (44, 44, 48),
    "white": (246, 245, 241),
    "grey": (142, 146, 150),
    "red": (203, 38, 44),
    "pink": (240, 141, 172),
    "orange": (238, 124, 34),
    "yellow": (245, 201, 44),
    "green": (62, 140, 74),
    "teal": (24, 138, 142),
    "blue": (62, 128, 214),
    "navy": (33, 46, 92),
    "purple": (124, 72, 164),
    "brown": (121, 77, 46),
    "beige": (217, 195, 160),
}

# A pattern's second colour must stand out from the first.
ACCENTS: dict[str, tuple[str, ...]] = {
    "black": ("white", "beige", "red", "yellow"),
    "white": ("navy", "red", "black", "green", "blue"),
    "grey": ("white", "black", "yellow", "navy"),
    "red": ("white", "navy", "beige", "black"),
    "pink": ("white", "red", "navy", "green"),
    "orange": ("white", "navy", "brown", "beige"),
    "yellow": ("white", "navy", "black", "grey"),
    "green": ("white", "beige", "yellow", "navy"),
    "teal": ("white", "beige", "orange", "navy"),
    "blue": ("white", "navy", "yellow", "beige"),
    "navy": ("white", "beige", "red", "yellow"),
    "purple": ("white", "yellow", "pink", "beige"),
    "brown": ("beige", "white", "orange", "teal"),
    "beige": ("brown", "navy", "white", "teal"),
}

PATTERNS = ("plain", "striped", "checked", "dotted", "floral", "geometric", "colour-block")
STYLES = ("casual", "formal", "sporty", "bohemian", "vintage", "modern", "classic", "rustic", "industrial")

# What a material costs beside cotton, and what it is like, in words that hold for any product made of it.
MATERIALS: dict[str, tuple[float, tuple[str, ...]]] = {
    "cotton": (1.0, ("The cotton has a smooth, even weave.", "Cotton keeps it soft and easy to wash.")),
    "linen": (1.25, ("The linen shows its slubbed threads.", "Linen gives it a dry, airy feel.")),
    "denim": (
        1.2,
        ("The denim has a diagonal twill and contrast stitching.", "Sturdy denim softens with wear."),
    ),
    "wool": (1.6, ("The wool is warm and a little fuzzy.", "Wool keeps its warmth and its shape.")),
    "silk": (2.1, ("The silk catches the light.", "Silk gives it a soft sheen.")),
    "leather": (2.0, ("The leather has a fine grain and a slight shine.", "Smooth leather ages well.")),
    "suede": (1.8, ("The suede has a soft, matt nap.", "Brushed suede makes it soft to the touch.")),
    "canvas": (1.0, ("The canvas has a firm, visible weave.", "Tough canvas stands up to daily use.")),
    "nylon": (1.1, ("The nylon is light and dries quickly.", "Light nylon with a slight sheen.")),
    "velvet": (1.7, ("The velvet has a deep, soft pile.", "Velvet changes shade as the light moves.")),
    "straw": (0.9, ("The straw is woven by hand.", "Woven straw keeps it light.")),
    "wood": (1.3, ("The grain of the wood shows through the stain.", "Solid wood with a visible grain.")),
    "metal": (1.2, ("The metal has a smooth coloured finish.", "Metal makes it sturdy.")),
    "glass": (1.3, ("The glass is tinted right through.", "Coloured glass lets the light through.")),
    "ceramic": (1.1, ("The ceramic has a glossy glaze.", "Glazed ceramic is easy to wipe clean.")),
    "jute": (0.9, ("The jute is thick and rough-woven.", "Coarse jute gives it a natural texture.")),
}

_ALL = ("plain", "striped", "checked", "dotted", "floral", "geometric", "colour-block")
CARRIES: dict[str, tuple[str, ...]] = {
    "cotton": _ALL,
    "linen": _ALL,
    "denim": ("plain", "striped", "floral", "dotted"),
    "wool": ("plain", "striped", "checked", "dotted", "geometric", "colour-block", "floral"),
    "silk": ("plain", "striped", "dotted", "floral", "geometric"),
    "leather": ("plain", "colour-block"),
    "suede": ("plain", "colour-block"),
    "canvas": _ALL,
    "nylon": ("plain", "striped", "dotted", "colour-block"),
    "velvet": ("plain", "dotted", "floral"),
    "straw": ("plain", "striped", "geometric"),
    "wood": ("plain",),
    "metal": ("plain", "dotted"),
    "glass": ("plain", "striped"),
    "ceramic": ("plain", "striped", "checked", "dotted", "floral", "geometric"),
    "jute": ("plain", "striped", "geometric"),
}

# Brand and how dear it is.
WEAR_BRANDS: dict[str, float] = {
    "Brackenfold": 1.0,
    "Tessaly": 1.35,
    "Merrowe": 0.8,
    "Halden Row": 1.6,
    "Pomelo Lane": 0.75,
    "Kestrel & Pine": 1.15,
    "Oruvane": 1.0,
    "Larkhythe": 0.9,
}
HOME_BRANDS: dict[str, float] = {
    "Northwick Hearth": 1.0,
    "Solvind": 1.3,
    "Dunmarrow": 0.85,
    "Quill & Kiln": 1.15,
    "Velmora Home": 1.5,
    "Tinderbury": 0.75,
}

NAMES = (
    *("Marlow", "Ines", "Tove", "Calder", "Juno", "Wren", "Alba", "Saskia", "Bram", "Odette", "Linnea"),
    *("Hugo", "Petra", "Silas", "Maren", "Fenna", "Otis", "Thea", "Jonas", "Cleo", "Edda", "Milo", "Nadia"),
    *("Rufus", "Sunniva", "Tamsin", "Ursa", "Viggo", "Willa", "Xenia", "Yara", "Zora", "Astrid", "Bodil"),
    *("Corin", "Delphi", "Elowen", "Farrow", "Greta", "Hollis", "Isolde", "Jasper", "Keir", "Lorne", "Mabel"),
    *("Nell", "Orla", "Percy", "Rhoda", "Senna", "Toby", "Una", "Verity", "Wilf", "Ada", "Bruno", "Carys"),
)
