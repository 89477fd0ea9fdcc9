"""The kinds of thing for the home, and the silhouettes of each."""

from __future__ import annotations

from shelftalk.tools.demo.record import Kind, Model

PLAIN = ("plain",)
GLAZED = ("plain", "striped", "dotted", "floral", "geometric")
LIVING = ("living room", "bedroom")

FURNITURE = (
    Kind(
        "chair",
        "chair",
        140,
        rooms=("dining room", "office"),
        models=(
            Model("spindle-back", "classic", ("wood",), PLAIN, "Thin spindles make up the rounded back."),
            Model("ladder-back", "rustic", ("wood",), PLAIN, "Flat slats cross the tall back, and the seat is woven."),
            Model("armchair", "classic", ("velvet", "wool", "leather", "linen"), ("plain", "checked", "floral", "striped"), "It is upholstered, with rounded arms and short wooden legs.", noun="armchair", rooms=LIVING),
            Model("bistro", "industrial", ("metal",), PLAIN, "It is bent from sheet metal, with a slotted back.", rooms=("dining room", "garden")),
            Model("shell", "modern", ("wool", "velvet", "leather"), PLAIN, "A curved padded shell sits on thin metal legs.", rooms=("dining room", "office")),
        ),
    ),
    Kind(
        "sofa",
        "sofa",
        690,
        rooms=("living room",),
        models=(
            Model("two-seater", "modern", ("wool", "linen", "velvet"), ("plain", "striped", "checked"), "It has two seat cushions, slim arms and tapered wooden legs."),
            Model("three-seater", "modern", ("wool", "linen", "leather"), PLAIN, "It has three seat cushions and low straight arms on metal legs."),
            Model("chesterfield", "classic", ("leather", "velvet"), PLAIN, "It has a deeply buttoned back and rolled arms."),
            Model("camelback", "classic", ("linen", "cotton", "velvet"), ("plain", "floral", "striped", "checked"), "The back rises in a curve in the middle, over rolled arms."),
            Model("pallet", "rustic", ("cotton", "linen", "wool"), ("plain", "striped", "geometric"), "Loose cushions lie on a frame of bare planks."),
        ),
    ),
    Kind(
        "table",
        "table",
        230,
        rooms=("living room", "dining room"),
        models=(
            Model("trestle", "rustic", ("wood",), PLAIN, "A plank top stands on two crossed trestles.", rooms=("dining room",)),
            Model("pedestal", "classic", ("wood",), PLAIN, "A round top stands on one turned column with three feet."),
            Model("coffee", "modern", ("wood", "glass", "metal"), PLAIN, "It is low and round, on three thin legs.", rooms=("living room",)),
            Model("drop-leaf", "classic", ("wood",), PLAIN, "It has four turned legs, a drawer and a hanging leaf."),
            Model("workshop", "industrial", ("metal", "wood"), PLAIN, "A thick square top sits on a frame of metal bars.", rooms=("dining room", "office")),
        ),
    ),
)

HOMEWARE = (
    Kind(
        "table lamp",
        "table lamp",
        54,
        rooms=("living room", "bedroom", "office"),
        models=(
            Model("dome", "modern", ("metal", "glass"), PLAIN, "A half-round shade sits on a thin stem."),
            Model("drum", "classic", ("ceramic", "glass"), ("plain", "striped", "dotted", "floral"), "A drum shade sits on a rounded base."),
            Model("tripod", "rustic", ("wood",), PLAIN, "A tapered shade stands on three wooden legs."),
            Model("jointed", "industrial", ("metal",), PLAIN, "Its arm bends at two joints.", rooms=("office", "bedroom")),
            Model("pleated", "vintage", ("ceramic", "metal"), PLAIN, "A pleated shade flares over a turned base."),
        ),
    ),
    Kind(
        "vase",
        "vase",
        32,
        rooms=("living room", "dining room"),
        models=(
            Model("bottle", "modern", ("glass", "ceramic"), ("plain", "striped"), "It is round below, with a long narrow neck."),
            Model("two-handled", "classic", ("ceramic", "metal"), ("plain", "floral", "geometric"), "It has two curved handles and a foot."),
            Model("cylinder", "modern", ("ceramic", "glass", "metal"), GLAZED, "It is a straight cylinder."),
            Model("bulb", "rustic", ("ceramic",), GLAZED, "It has a wide belly and a short neck."),
            Model("fluted", "vintage", ("ceramic", "glass"), PLAIN, "Its ribbed sides open out at the top."),
        ),
    ),
    Kind(
        "rug",
        "rug",
        120,
        rooms=("living room", "bedroom"),
        models=(
            Model("rectangular", "modern", ("wool", "cotton"), ("plain", "striped", "geometric", "checked"), "It is a rectangle with a bound edge."),
            Model("fringed", "bohemian", ("wool", "cotton", "jute"), ("plain", "striped", "geometric"), "Both ends finish in a fringe."),
            Model("round", "modern", ("jute", "wool", "cotton"), ("plain", "striped", "geometric", "dotted"), "It is a full circle."),
            Model("bordered", "classic", ("wool", "silk"), ("floral", "geometric"), "A wide border in {accent} frames the middle."),
            Model("runner", "rustic", ("jute", "wool"), ("plain", "striped", "checked"), "It is long and narrow, for beside a bed or a table."),
        ),
    ),
    Kind(
        "mug",
        "mug",
        12,
        rooms=("kitchen",),
        models=(
            Model("straight", "modern", ("ceramic", "glass"), GLAZED, "It has straight sides and a round handle."),
            Model("rounded", "rustic", ("ceramic",), ("plain", "striped", "dotted"), "It has a round belly and a thick handle."),
            Model("camping", "vintage", ("metal",), ("plain", "dotted"), "It is enamelled, with a rolled rim in {accent}."),
            Model("footed", "classic", ("ceramic",), ("plain", "floral", "striped", "geometric"), "It widens towards the rim and stands on a small foot."),
            Model("tall", "modern", ("ceramic", "glass"), ("plain", "striped", "checked"), "It is tall and narrow, with a long handle."),
        ),
    ),
    Kind(
        "cushion",
        "cushion",
        24,
        rooms=LIVING,
        models=(
            Model("square", "modern", ("cotton", "linen", "wool"), ("plain", "striped", "checked", "dotted", "geometric"), "It is square with pointed corners."),
            Model("piped", "classic", ("velvet", "linen", "cotton"), ("plain", "floral", "striped"), "It is a soft rectangle piped in {accent} around the edge."),
            Model("round", "vintage", ("velvet", "cotton"), PLAIN, "It is round, pleated to a button in the middle."),
            Model("tasselled", "bohemian", ("cotton", "wool", "linen"), ("plain", "striped", "floral", "geometric"), "It has a tassel at every corner."),
            Model("bolster", "classic", ("velvet", "silk", "linen"), ("plain", "striped"), "It is a long cylinder with gathered ends."),
        ),
    ),
)
