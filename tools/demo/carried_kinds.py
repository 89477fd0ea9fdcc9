"""The kinds of shoe, bag and accessory, and the silhouettes of each."""

from __future__ import annotations

from shelftalk.tools.demo.record import Kind, Model

ALL = ("plain", "striped", "checked", "dotted", "floral", "geometric")
WOVEN = ("plain", "striped", "checked")
BRIGHT = ("plain", "striped", "dotted", "floral")
BLOCKS = ("plain", "colour-block")
PLAIN = ("plain",)
EVERYONE = ("women", "men", "unisex")

SHOES = (
    Kind(
        "sneaker",
        "sneakers",
        68,
        genders=EVERYONE,
        plural=True,
        models=(
            Model(
                "low-top",
                "casual",
                ("canvas", "leather", "suede"),
                BLOCKS,
                "They lace up low on a white rubber sole.",
            ),
            Model(
                "high-top",
                "vintage",
                ("canvas", "suede"),
                ("plain", "checked", "floral"),
                "They lace up over the ankle, with a white toe cap.",
            ),
            Model(
                "running", "sporty", ("nylon",), BLOCKS, "They have a thick curved sole and a light upper."
            ),
            Model(
                "slip-on",
                "casual",
                ("canvas", "suede"),
                ("plain", "checked", "striped", "floral"),
                "They slip on without laces.",
            ),
        ),
    ),
    Kind(
        "boot",
        "boots",
        112,
        genders=EVERYONE,
        plural=True,
        models=(
            Model(
                "chelsea",
                "formal",
                ("leather", "suede"),
                PLAIN,
                "They pull on, with an elastic panel at the side.",
            ),
            Model(
                "lace-up",
                "casual",
                ("leather", "suede", "canvas"),
                PLAIN,
                "They lace up to above the ankle on a ridged sole.",
            ),
            Model(
                "hiking",
                "sporty",
                ("leather", "nylon", "suede"),
                BLOCKS,
                "They have a padded collar, hooks for the laces and a deep tread.",
            ),
            Model(
                "knee-high",
                "vintage",
                ("leather", "suede", "velvet"),
                PLAIN,
                "They reach the knee on a block heel.",
                genders=("women",),
            ),
            Model(
                "cowboy",
                "bohemian",
                ("leather", "suede"),
                PLAIN,
                "They have a pointed toe, a slanted heel and stitched shafts.",
            ),
        ),
    ),
    Kind(
        "sandal",
        "sandals",
        44,
        genders=("women", "men", "unisex"),
        plural=True,
        models=(
            Model(
                "two-strap",
                "casual",
                ("leather", "suede"),
                PLAIN,
                "Two wide buckled straps cross a cork sole.",
            ),
            Model(
                "strappy",
                "bohemian",
                ("leather", "suede"),
                PLAIN,
                "Thin straps cross the foot and close at the ankle.",
                genders=("women",),
            ),
            Model(
                "platform",
                "vintage",
                ("leather", "suede", "canvas"),
                ("plain", "striped", "floral"),
                "They stand on a thick platform sole.",
                genders=("women",),
            ),
            Model("trekking", "sporty", ("nylon",), BLOCKS, "Padded straps close over a thick ridged sole."),
        ),
    ),
    Kind(
        "heel",
        "heels",
        79,
        genders=("women",),
        plural=True,
        models=(
            Model(
                "stiletto",
                "formal",
                ("leather", "suede", "velvet", "silk"),
                PLAIN,
                "They have a pointed toe and a tall thin heel.",
            ),
            Model(
                "block",
                "casual",
                ("leather", "suede"),
                ("plain", "colour-block"),
                "They have a sturdy square heel and an ankle strap.",
            ),
            Model(
                "kitten",
                "vintage",
                ("leather", "silk", "velvet"),
                ("plain", "dotted", "checked", "floral"),
                "They have a low thin heel and a bow at the toe.",
            ),
            Model(
                "platform",
                "formal",
                ("velvet", "leather", "suede"),
                PLAIN,
                "They have a tall heel and a thick platform under the toe.",
            ),
        ),
    ),
)

CARRIED = (
    Kind(
        "backpack",
        "backpack",
        72,
        genders=EVERYONE,
        models=(
            Model(
                "classic",
                "casual",
                ("canvas", "nylon", "denim"),
                ("plain", "striped", "dotted", "floral", "colour-block"),
                "It has a curved zip and a front pocket.",
            ),
            Model("roll-top", "sporty", ("nylon", "canvas"), BLOCKS, "The top rolls down and clips shut."),
            Model(
                "hiking",
                "sporty",
                ("nylon",),
                BLOCKS,
                "It has a lid, side pockets and a rolled mat underneath.",
            ),
            Model(
                "flap",
                "vintage",
                ("leather", "canvas", "suede"),
                ("plain", "checked"),
                "A flap closes over it with two buckled straps.",
            ),
            Model(
                "office", "formal", ("leather", "nylon"), PLAIN, "It is square and slim, with a zipped front."
            ),
        ),
    ),
    Kind(
        "handbag",
        "handbag",
        88,
        genders=("women",),
        models=(
            Model(
                "tote",
                "casual",
                ("leather", "canvas", "straw"),
                ("plain", "striped", "floral"),
                "It is open and roomy, with two long handles.",
            ),
            Model(
                "satchel",
                "vintage",
                ("leather", "suede"),
                ("plain", "colour-block"),
                "It has a flap with two buckles and a top handle.",
            ),
            Model(
                "clutch",
                "formal",
                ("leather", "velvet", "silk"),
                ("plain", "dotted", "geometric"),
                "It has no strap and closes with a metal clasp.",
            ),
            Model(
                "bucket",
                "bohemian",
                ("leather", "suede", "straw"),
                ("plain", "geometric"),
                "It draws shut with a cord and hangs from one strap.",
            ),
            Model(
                "quilted",
                "formal",
                ("leather", "velvet"),
                PLAIN,
                "It is quilted in diamonds and hangs from a metal chain.",
            ),
        ),
    ),
    Kind(
        "hat",
        "hat",
        26,
        genders=EVERYONE,
        models=(
            Model(
                "baseball",
                "sporty",
                ("cotton", "nylon", "denim"),
                BLOCKS,
                "It has a curved peak and a rounded crown.",
                noun="cap",
            ),
            Model(
                "bobble",
                "casual",
                ("wool",),
                ("plain", "striped", "geometric"),
                "It is knitted, with a ribbed brim and a bobble on top.",
            ),
            Model(
                "fedora",
                "vintage",
                ("wool", "suede"),
                PLAIN,
                "It has a pinched crown and a band in {accent}.",
            ),
            Model(
                "wide-brimmed",
                "bohemian",
                ("straw", "linen"),
                PLAIN,
                "It has a wide soft brim and a ribbon in {accent}.",
            ),
            Model(
                "bucket",
                "casual",
                ("cotton", "denim", "linen"),
                ("plain", "checked", "dotted", "floral"),
                "It has a short sloping brim all the way round.",
            ),
        ),
    ),
    Kind(
        "scarf",
        "scarf",
        31,
        genders=EVERYONE,
        models=(
            Model(
                "fringed",
                "casual",
                ("wool", "cotton"),
                ("plain", "striped", "checked"),
                "It is long and looped, with fringed ends.",
            ),
            Model(
                "square",
                "formal",
                ("silk",),
                ("plain", "dotted", "floral", "geometric"),
                "It is a square, edged in {accent} and spread out flat.",
            ),
            Model(
                "loop",
                "casual",
                ("wool",),
                ("plain", "striped", "geometric"),
                "It is knitted in one closed loop.",
            ),
            Model(
                "tasselled",
                "bohemian",
                ("linen", "cotton"),
                ("plain", "striped", "floral"),
                "It hangs folded, with tassels at the ends.",
            ),
        ),
    ),
    Kind(
        "watch",
        "watch",
        129,
        genders=EVERYONE,
        models=(
            Model(
                "round",
                "formal",
                ("leather", "suede"),
                PLAIN,
                "A slim round case holds a dial in the colour of the strap.",
            ),
            Model("diver", "sporty", ("nylon", "metal"), PLAIN, "A thick marked bezel surrounds the dial."),
            Model(
                "square", "vintage", ("leather", "metal"), PLAIN, "The case is square with rounded corners."
            ),
            Model(
                "field",
                "casual",
                ("canvas", "leather", "nylon"),
                ("plain", "striped"),
                "A plain dial has clear numerals.",
            ),
        ),
    ),
)
