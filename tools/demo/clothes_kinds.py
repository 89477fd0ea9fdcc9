"""The kinds of clothes, and the silhouettes of each."""

from __future__ import annotations

from shelftalk.tools.demo.record import Kind, Model

ALL = ("plain", "striped", "checked", "dotted", "floral", "geometric")
WOVEN = ("plain", "striped", "checked")
BRIGHT = ("plain", "striped", "dotted", "floral")
BLOCKS = ("plain", "colour-block")
PLAIN = ("plain",)
EVERYONE = ("women", "men", "unisex")

CLOTHES = (
    Kind(
        "dress",
        "dress",
        58,
        genders=("women",),
        models=(
            Model(
                "mini",
                "casual",
                ("cotton", "linen", "denim"),
                ALL,
                "It has short sleeves and ends above the knee.",
            ),
            Model(
                "wrap",
                "casual",
                ("cotton", "silk", "linen"),
                BRIGHT,
                "It wraps over at the front and ties at the waist.",
            ),
            Model(
                "maxi",
                "bohemian",
                ("cotton", "linen"),
                BRIGHT,
                "It falls to the ankle in three gathered tiers.",
            ),
            Model(
                "evening",
                "formal",
                ("silk", "velvet"),
                PLAIN,
                "It has thin straps and a long skirt that flares at the hem.",
            ),
            Model(
                "swing",
                "vintage",
                ("cotton", "wool"),
                ALL,
                "It has a fitted waist with a belt and a full skirt.",
            ),
        ),
    ),
    Kind(
        "shirt",
        "shirt",
        39,
        genders=("women", "men"),
        models=(
            Model(
                "long-sleeved",
                "formal",
                ("cotton", "linen", "silk"),
                (*WOVEN, "dotted"),
                "It has long sleeves, a sharp collar and a button front.",
            ),
            Model(
                "short-sleeved",
                "casual",
                ("cotton", "linen"),
                ALL,
                "It has short sleeves and an open collar.",
            ),
            Model(
                "grandad-collar",
                "bohemian",
                ("linen", "cotton"),
                ("plain", "striped", "floral"),
                "It has a narrow standing collar and long sleeves.",
            ),
            Model(
                "western",
                "vintage",
                ("denim", "cotton"),
                WOVEN,
                "It has pointed yokes and two flap pockets on the chest.",
            ),
        ),
    ),
    Kind(
        "t-shirt",
        "t-shirt",
        19,
        genders=EVERYONE,
        models=(
            Model("crew-neck", "casual", ("cotton", "linen"), ALL, "It has a round neck and short sleeves."),
            Model(
                "v-neck",
                "casual",
                ("cotton", "linen"),
                ("plain", "striped", "dotted"),
                "It has a V-shaped neck and short sleeves.",
            ),
            Model(
                "raglan",
                "sporty",
                ("cotton", "nylon"),
                PLAIN,
                "Its {accent} raglan sleeves stand out from the body.",
            ),
            Model(
                "ringer",
                "vintage",
                ("cotton",),
                ("plain", "striped"),
                "The neck and the sleeve ends are trimmed in {accent}.",
            ),
        ),
    ),
    Kind(
        "jumper",
        "jumper",
        52,
        genders=EVERYONE,
        models=(
            Model(
                "crew-neck",
                "casual",
                ("wool", "cotton"),
                ("plain", "striped", "geometric", "dotted"),
                "It has a round neck with ribbed cuffs and hem.",
            ),
            Model(
                "roll-neck", "formal", ("wool",), ("plain", "striped"), "It has a tall neck that folds over."
            ),
            Model(
                "v-neck",
                "vintage",
                ("wool", "cotton"),
                ("plain", "checked", "geometric"),
                "It has a V-shaped neck with ribbed edges.",
            ),
            Model(
                "half-zip",
                "sporty",
                ("cotton", "wool"),
                ("plain", "colour-block"),
                "A short zip opens the standing collar.",
            ),
        ),
    ),
    Kind(
        "jacket",
        "jacket",
        96,
        genders=EVERYONE,
        models=(
            Model("biker", "vintage", ("leather", "suede"), PLAIN, "It has a slanted zip and wide lapels."),
            Model(
                "trucker",
                "casual",
                ("denim", "cotton", "suede"),
                PLAIN,
                "It has buttons down the front and two chest pockets.",
            ),
            Model(
                "bomber",
                "sporty",
                ("nylon", "suede"),
                BLOCKS,
                "It zips up to a ribbed collar, with ribbed cuffs and hem.",
            ),
            Model(
                "blazer",
                "formal",
                ("wool", "linen", "velvet"),
                WOVEN,
                "It has notched lapels and two buttons.",
            ),
            Model("puffer", "sporty", ("nylon",), BLOCKS, "It is quilted in thick padded rows."),
        ),
    ),
    Kind(
        "trousers",
        "trousers",
        49,
        genders=EVERYONE,
        plural=True,
        models=(
            Model(
                "straight",
                "casual",
                ("cotton", "denim", "linen"),
                ("plain", "checked", "striped"),
                "The legs are straight from hip to hem.",
            ),
            Model(
                "wide-leg",
                "bohemian",
                ("linen", "silk", "cotton"),
                ("plain", "striped", "floral"),
                "The legs are wide and loose.",
            ),
            Model(
                "tailored", "formal", ("wool", "linen"), WOVEN, "A pressed crease runs down each slim leg."
            ),
            Model(
                "jogger",
                "sporty",
                ("cotton", "nylon"),
                PLAIN,
                "They have a drawstring waist, ribbed ankles and a side stripe in {accent}.",
            ),
            Model(
                "flared",
                "vintage",
                ("denim", "velvet"),
                PLAIN,
                "The legs are narrow at the knee and flare at the hem.",
            ),
        ),
    ),
    Kind(
        "skirt",
        "skirt",
        37,
        genders=("women",),
        models=(
            Model(
                "mini",
                "casual",
                ("denim", "cotton", "leather", "suede"),
                ("plain", "checked", "dotted"),
                "It is short, with a button front.",
            ),
            Model(
                "pleated",
                "vintage",
                ("wool", "cotton", "silk"),
                ("plain", "checked", "striped"),
                "Knife pleats run from the waistband to the hem.",
            ),
            Model(
                "pencil", "formal", ("wool", "leather", "linen"), WOVEN, "It is narrow and ends at the knee."
            ),
            Model(
                "maxi", "bohemian", ("cotton", "linen", "silk"), BRIGHT, "It is long and gathered in tiers."
            ),
        ),
    ),
    Kind(
        "shorts",
        "shorts",
        29,
        genders=EVERYONE,
        plural=True,
        models=(
            Model(
                "chino",
                "casual",
                ("cotton", "linen"),
                ("plain", "striped", "checked", "floral"),
                "They have belt loops and turned-up hems.",
            ),
            Model(
                "running",
                "sporty",
                ("nylon", "cotton"),
                PLAIN,
                "They are short and light, edged in {accent}, with a drawstring.",
            ),
            Model(
                "tailored",
                "formal",
                ("linen", "wool"),
                WOVEN,
                "They have a pressed crease and end just above the knee.",
            ),
            Model("cut-off", "vintage", ("denim",), PLAIN, "The hems are cut off and frayed."),
        ),
    ),
)
