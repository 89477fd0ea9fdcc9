"""The picture of a product: the studio, its shadow, and the thing itself."""

from __future__ import annotations

import io
from random import Random
from typing import Any

from shelftalk.tools.demo.brush import BLACK, WHITE, Pen, argb, lighter, mix
from shelftalk.tools.demo.record import DemoProduct
from shelftalk.tools.demo.values import COLOURS

SIZE = 256
_FINE = 2  # drawn larger, then brought down: smooth edges
_QUALITY = 80
_GROUNDS = (
    (238, 235, 230),
    (230, 234, 238),
    (240, 232, 226),
    (231, 236, 230),
    (236, 232, 240),
    (235, 235, 235),
)
_TURNS = ("sneaker", "boot", "heel", "hat", "mug", "table lamp", "scarf", "cushion")


def _drawers() -> dict[str, Any]:
    from shelftalk.tools.demo import (
        accessories,
        boots,
        carried,
        dresses,
        furniture,
        heels,
        homeware,
        jackets,
        sandals,
        sneakers,
        textiles,
        tops,
        trousers,
    )

    return {
        "dress": dresses.draw_dress,
        "skirt": dresses.draw_skirt,
        "trousers": trousers.draw_trousers,
        "shorts": trousers.draw_shorts,
        "shirt": tops.draw_shirt,
        "t-shirt": tops.draw_t_shirt,
        "jumper": tops.draw_jumper,
        "jacket": jackets.draw_jacket,
        "sneaker": sneakers.draw_sneakers,
        "boot": boots.draw_boots,
        "sandal": sandals.draw_sandals,
        "heel": heels.draw_heels,
        "backpack": carried.draw_backpack,
        "handbag": carried.draw_handbag,
        "hat": accessories.draw_hat,
        "scarf": accessories.draw_scarf,
        "watch": accessories.draw_watch,
        "chair": furniture.draw_chair,
        "sofa": furniture.draw_sofa,
        "table": furniture.draw_table,
        "table lamp": homeware.draw_table_lamp,
        "vase": homeware.draw_vase,
        "rug": textiles.draw_rug,
        "mug": homeware.draw_mug,
        "cushion": textiles.draw_cushion,
    }


def _studio(canvas: Any, product: DemoProduct, random: Random, standing: bool) -> None:
    """Paint a light wall, and a floor where the thing stands on one."""
    import skia

    tone = random.choice(_GROUNDS)
    if product.colour in ("white", "beige"):
        tone = mix(tone, (150, 160, 176) if product.colour == "white" else (170, 184, 200), 0.42)
    top, low = lighter(tone, 0.35), mix(tone, BLACK, 0.06)
    shader = skia.GradientShader.MakeLinear([skia.Point(0, 0), skia.Point(0, SIZE)], [argb(top), argb(low)])
    canvas.drawRect(skia.Rect.MakeWH(SIZE, SIZE), skia.Paint(Shader=shader))
    if standing:
        shader = skia.GradientShader.MakeLinear(
            [skia.Point(0, 176), skia.Point(0, SIZE)],
            [argb(mix(tone, BLACK, 0.10), 0.75), argb(lighter(tone, 0.25), 0.9)],
        )
        canvas.drawRect(
            skia.Rect.MakeLTRB(-20, 182, SIZE + 20, SIZE + 20),
            skia.Paint(Shader=shader, MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 9)),
        )
    glow = skia.GradientShader.MakeRadial(skia.Point(104, 92), 150, [argb(WHITE, 0.5), argb(WHITE, 0.0)])
    canvas.drawRect(skia.Rect.MakeWH(SIZE, SIZE), skia.Paint(Shader=glow))


def draw_product(product: DemoProduct) -> bytes:
    """Return the product's picture as WebP bytes, 256 x 256; the same product gives the same picture."""
    import skia
    from PIL import Image

    random = Random(product.seed)
    thing = skia.Surface(SIZE * _FINE, SIZE * _FINE)
    pen = Pen(
        canvas=thing.getCanvas(),
        colour=COLOURS[product.colour],
        accent=COLOURS[product.accent],
        material=product.material,
        pattern=product.pattern,
        style=product.style,
        random=random,
    )
    pen.canvas.scale(_FINE, _FINE)
    # No two of a kind are cut quite alike, and some face the other way.
    wide, tall = random.uniform(0.93, 1.03), random.uniform(0.93, 1.03)
    if product.category in _TURNS and random.random() < 0.4:
        wide = -wide
    pen.canvas.translate(128, 140)
    pen.canvas.scale(wide, tall)
    pen.canvas.translate(-128, -140)
    _drawers()[product.category](pen, product.shape)
    image = thing.makeImageSnapshot()

    scene = skia.Surface(SIZE, SIZE)
    canvas = scene.getCanvas()
    _studio(canvas, product, random, bool(pen.floor))
    for ends in pen.floor:
        left, right = sorted(128 + (x - 128) * wide for x in ends[:2])
        y = 140 + (ends[2] - 140) * tall
        for spread, alpha, blur in ((1.06, 0.20, 7.0), (0.92, 0.30, 3.0)):
            half = (right - left) / 2 * spread
            middle = (left + right) / 2 + 3
            canvas.drawOval(
                skia.Rect.MakeLTRB(middle - half, y - 5, middle + half, y + 7),
                skia.Paint(
                    Color=argb((40, 36, 40), alpha),
                    MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur),
                ),
            )
    paint = skia.Paint(AntiAlias=True)
    if not pen.floor:
        paint.setImageFilter(skia.ImageFilters.DropShadow(4, 6, 6, 6, argb((40, 36, 44), 0.34)))
    sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
    canvas.drawImageRect(image, skia.Rect.MakeWH(SIZE, SIZE), sampling, paint)
    pixels = scene.makeImageSnapshot().toarray(colorType=skia.ColorType.kRGBA_8888_ColorType)
    out = io.BytesIO()
    Image.fromarray(pixels[:, :, :3].copy()).save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()
