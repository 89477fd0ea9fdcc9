"""The kinds of thing to wear and carry, and the silhouettes of each."""

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
            Model("mini", "casual", ("cotton", "linen", "denim"), ALL, "It has short sleeves and ends above the knee."),
            Model("wrap", "casual", ("cotton", "silk", "linen"), BRIGHT, "It wraps over at the front and ties at the waist."),
            Model("maxi", "bohemian", ("cotton", "linen"), BRIGHT, "It falls to the ankle in three gathered tiers."),
            Model("evening", "formal", ("silk", "velvet"), PLAIN, "It has thin straps and a long skirt that flares at the hem."),
            Model("swing", "vintage", ("cotton", "wool"), ALL, "It has a fitted waist with a belt and a full skirt."),
        ),
    ),
    Kind(
        "shirt",
        "shirt",
        39,
        genders=("women", "men"),
        models=(
            Model("long-sleeved", "formal", ("cotton", "linen", "silk"), (*WOVEN, "dotted"), "It has long sleeves, a sharp collar and a button front."),
            Model("short-sleeved", "casual", ("cotton", "linen"), ALL, "It has short sleeves and an open collar."),
            Model("grandad-collar", "bohemian", ("linen", "cotton"), ("plain", "striped", "floral"), "It has a narrow standing collar and long sleeves."),
            Model("western", "vintage", ("denim", "cotton"), WOVEN, "It has pointed yokes and two flap pockets on the chest."),
        ),
    ),
    Kind(
        "t-shirt",
        "t-shirt",
        19,
        genders=EVERYONE,
        models=(
            Model("crew-neck", "casual", ("cotton", "linen"), ALL, "It has a round neck and short sleeves."),
            Model("v-neck", "casual", ("cotton", "linen"), ("plain", "striped", "dotted"), "It has a V-shaped neck and short sleeves."),
            Model("raglan", "sporty", ("cotton", "nylon"), PLAIN, "Its {accent} raglan sleeves stand out from the body."),
            Model("ringer", "vintage", ("cotton",), ("plain", "striped"), "The neck and the sleeve ends are trimmed in {accent}."),
        ),
    ),
    Kind(
        "jumper",
        "jumper",
        52,
        genders=EVERYONE,
        models=(
            Model("crew-neck", "casual", ("wool", "cotton"), ("plain", "striped", "geometric", "dotted"), "It has a round neck with ribbed cuffs and hem."),
            Model("roll-neck", "formal", ("wool",), ("plain", "striped"), "It has a tall neck that folds over."),
            Model("v-neck", "vintage", ("wool", "cotton"), ("plain", "checked", "geometric"), "It has a V-shaped neck with ribbed edges."),
            Model("half-zip", "sporty", ("cotton", "wool"), ("plain", "colour-block"), "A short zip opens the standing collar."),
        ),
    ),
    Kind(
        "jacket",
        "jacket",
        96,
        genders=EVERYONE,
        models=(
            Model("biker", "vintage", ("leather", "suede"), PLAIN, "It has a slanted zip and wide lapels."),
            Model("trucker", "casual", ("denim", "cotton", "suede"), PLAIN, "It has buttons down the front and two chest pockets."),
            Model("bomber", "sporty", ("nylon", "suede"), BLOCKS, "It zips up to a ribbed collar, with ribbed cuffs and hem."),
            Model("blazer", "formal", ("wool", "linen", "velvet"), WOVEN, "It has notched lapels and two buttons."),
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
            Model("straight", "casual", ("cotton", "denim", "linen"), ("plain", "checked", "striped"), "The legs are straight from hip to hem."),
            Model("wide-leg", "bohemian", ("linen", "silk", "cotton"), ("plain", "striped", "floral"), "The legs are wide and loose."),
            Model("tailored", "formal", ("wool", "linen"), WOVEN, "A pressed crease runs down each slim leg."),
            Model("jogger", "sporty", ("cotton", "nylon"), PLAIN, "They have a drawstring waist, ribbed ankles and a side stripe in {accent}."),
            Model("flared", "vintage", ("denim", "velvet"), PLAIN, "The legs are narrow at the knee and flare at the hem."),
        ),
    ),
    Kind(
        "skirt",
        "skirt",
        37,
        genders=("women",),
        models=(
            Model("mini", "casual", ("denim", "cotton", "leather", "suede"), ("plain", "checked", "dotted"), "It is short, with a button front."),
            Model("pleated", "vintage", ("wool", "cotton", "silk"), ("plain", "checked", "striped"), "Knife pleats run from the waistband to the hem."),
            Model("pencil", "formal", ("wool", "leather", "linen"), WOVEN, "It is narrow and ends at the knee."),
            Model("maxi", "bohemian", ("cotton", "linen", "silk"), BRIGHT, "It is long and gathered in tiers."),
        ),
    ),
    Kind(
        "shorts",
        "shorts",
        29,
        genders=EVERYONE,
        plural=True,
        models=(
            Model("chino", "casual", ("cotton", "linen"), ("plain", "striped", "checked", "floral"), "They have belt loops and turned-up hems."),
            Model("running", "sporty", ("nylon", "cotton"), PLAIN, "They are short and light, edged in {accent}, with a drawstring."),
            Model("tailored", "formal", ("linen", "wool"), WOVEN, "They have a pressed crease and end just above the knee."),
            Model("cut-off", "vintage", ("denim",), PLAIN, "The hems are cut off and frayed."),
        ),
    ),
)

SHOES = (
    Kind(
        "sneaker",
        "sneakers",
        68,
        genders=EVERYONE,
        plural=True,
        models=(
            Model("low-top", "casual", ("canvas", "leather", "suede"), BLOCKS, "They lace up low on a white rubber sole."),
            Model("high-top", "vintage", ("canvas", "suede"), ("plain", "checked", "floral"), "They lace up over the ankle, with a white toe cap."),
            Model("running", "sporty", ("nylon",), BLOCKS, "They have a thick curved sole and a light upper."),
            Model("slip-on", "casual", ("canvas", "suede"), ("plain", "checked", "striped", "floral"), "They slip on without laces."),
        ),
    ),
    Kind(
        "boot",
        "boots",
        112,
        genders=EVERYONE,
        plural=True,
        models=(
            Model("chelsea", "formal", ("leather", "suede"), PLAIN, "They pull on, with an elastic panel at the side."),
            Model("lace-up", "casual", ("leather", "suede", "canvas"), PLAIN, "They lace up to above the ankle on a ridged sole."),
            Model("hiking", "sporty", ("leather", "nylon", "suede"), BLOCKS, "They have a padded collar, hooks for the laces and a deep tread."),
            Model("knee-high", "vintage", ("leather", "suede", "velvet"), PLAIN, "They reach the knee on a block heel.", genders=("women",)),
            Model("cowboy", "bohemian", ("leather", "suede"), PLAIN, "They have a pointed toe, a slanted heel and stitched shafts."),
        ),
    ),
    Kind(
        "sandal",
        "sandals",
        44,
        genders=("women", "men", "unisex"),
        plural=True,
        models=(
            Model("two-strap", "casual", ("leather", "suede"), PLAIN, "Two wide buckled straps cross a cork sole."),
            Model("strappy", "bohemian", ("leather", "suede"), PLAIN, "Thin straps cross the foot and close at the ankle.", genders=("women",)),
            Model("platform", "vintage", ("leather", "suede", "canvas"), ("plain", "striped", "floral"), "They stand on a thick platform sole.", genders=("women",)),
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
            Model("stiletto", "formal", ("leather", "suede", "velvet", "silk"), PLAIN, "They have a pointed toe and a tall thin heel."),
            Model("block", "casual", ("leather", "suede"), ("plain", "colour-block"), "They have a sturdy square heel and an ankle strap."),
            Model("kitten", "vintage", ("leather", "silk", "velvet"), ("plain", "dotted", "checked", "floral"), "They have a low thin heel and a bow at the toe."),
            Model("platform", "formal", ("velvet", "leather", "suede"), PLAIN, "They have a tall heel and a thick platform under the toe."),
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
            Model("classic", "casual", ("canvas", "nylon", "denim"), ("plain", "striped", "dotted", "floral", "colour-block"), "It has a curved zip and a front pocket."),
            Model("roll-top", "sporty", ("nylon", "canvas"), BLOCKS, "The top rolls down and clips shut."),
            Model("hiking", "sporty", ("nylon",), BLOCKS, "It has a lid, side pockets and a rolled mat underneath."),
            Model("flap", "vintage", ("leather", "canvas", "suede"), ("plain", "checked"), "A flap closes over it with two buckled straps."),
            Model("office", "formal", ("leather", "nylon"), PLAIN, "It is square and slim, with a zipped front."),
        ),
    ),
    Kind(
        "handbag",
        "handbag",
        88,
        genders=("women",),
        models=(
            Model("tote", "casual", ("leather", "canvas", "straw"), ("plain", "striped", "floral"), "It is open and roomy, with two long handles."),
            Model("satchel", "vintage", ("leather", "suede"), ("plain", "colour-block"), "It has a flap with two buckles and a top handle."),
            Model("clutch", "formal", ("leather", "velvet", "silk"), ("plain", "dotted", "geometric"), "It has no strap and closes with a metal clasp."),
            Model("bucket", "bohemian", ("leather", "suede", "straw"), ("plain", "geometric"), "It draws shut with a cord and hangs from one strap."),
            Model("quilted", "formal", ("leather", "velvet"), PLAIN, "It is quilted in diamonds and hangs from a metal chain."),
        ),
    ),
    Kind(
        "hat",
        "hat",
        26,
        genders=EVERYONE,
        models=(
            Model("baseball", "sporty", ("cotton", "nylon", "denim"), BLOCKS, "It has a curved peak and a rounded crown.", noun="cap"),
            Model("bobble", "casual", ("wool",), ("plain", "striped", "geometric"), "It is knitted, with a ribbed brim and a bobble on top."),
            Model("fedora", "vintage", ("wool", "suede"), PLAIN, "It has a pinched crown and a band in {accent}."),
            Model("wide-brimmed", "bohemian", ("straw", "linen"), PLAIN, "It has a wide soft brim and a ribbon in {accent}."),
            Model("bucket", "casual", ("cotton", "denim", "linen"), ("plain", "checked", "dotted", "floral"), "It has a short sloping brim all the way round."),
        ),
    ),
    Kind(
        "scarf",
        "scarf",
        31,
        genders=EVERYONE,
        models=(
            Model("fringed", "casual", ("wool", "cotton"), ("plain", "striped", "checked"), "It is long and looped, with fringed ends."),
            Model("square", "formal", ("silk",), ("plain", "dotted", "floral", "geometric"), "It is a square, edged in {accent} and spread out flat."),
            Model("loop", "casual", ("wool",), ("plain", "striped", "geometric"), "It is knitted in one closed loop."),
            Model("tasselled", "bohemian", ("linen", "cotton"), ("plain", "striped", "floral"), "It hangs folded, with tassels at the ends."),
        ),
    ),
    Kind(
        "watch",
        "watch",
        129,
        genders=EVERYONE,
        models=(
            Model("round", "formal", ("leather", "suede"), PLAIN, "A slim round case holds a dial in the colour of the strap."),
            Model("diver", "sporty", ("nylon", "metal"), PLAIN, "A thick marked bezel surrounds the dial."),
            Model("square", "vintage", ("leather", "metal"), PLAIN, "The case is square with rounded corners."),
            Model("field", "casual", ("canvas", "leather", "nylon"), ("plain", "striped"), "A plain dial has clear numerals."),
        ),
    ),
)
