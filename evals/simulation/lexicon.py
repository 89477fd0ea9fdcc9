"""Words that random catalogues and their shoppers are made of: kinds, fields, values, wishes, invented words."""

from __future__ import annotations

import random

# Kinds of product by department; a catalogue takes a few departments and a few kinds of each.
KINDS = {
    "clothes": "dress,shirt,t-shirt,jacket,coat,jumper,cardigan,skirt,trousers,jeans,shorts,hoodie,blouse,suit,"
    "vest,scarf,glove,sock,belt,tie,kurta,saree,leggings,swimsuit,pyjamas,raincoat",
    "shoes": "sneaker,boot,sandal,heel,loafer,slipper,flip flop,running shoe,ankle boot,ballet flat",
    "bags": "backpack,handbag,suitcase,wallet,tote bag,laptop bag,clutch,duffel bag",
    "furniture": "chair,armchair,sofa,table,desk,bed,bookcase,wardrobe,stool,bench,sideboard,mirror",
    "lighting": "table lamp,floor lamp,pendant lamp,desk lamp,lantern,candle",
    "home": "rug,curtain,cushion,vase,mug,plate,bowl,blanket,towel,clock,picture frame,teapot,basket",
    "electronics": "phone,laptop,tablet,headphones,speaker,camera,monitor,keyboard,mouse,charger,router,smart watch,"
    "television,printer,power bank,usb cable,microphone,game console",
    "kitchen": "kettle,toaster,blender,frying pan,knife,coffee maker,oven,fridge,cutting board,mixer,saucepan",
    "tools": "drill,hammer,saw,screwdriver,ladder,wrench,tape measure,work light,paint brush,toolbox",
    "garden": "garden hose,planter,lawn mower,garden chair,barbecue,parasol,watering can,rake",
    "toys": "puzzle,board game,doll,toy car,teddy bear,building set,kite,ball",
    "beauty": "perfume,lipstick,shampoo,face cream,nail polish,hair dryer,razor,sunscreen",
    "food": "coffee,tea,chocolate,olive oil,honey,pasta,jam,biscuit,cheese,juice",
    "sport": "yoga mat,tennis racket,football,bicycle,helmet,tent,sleeping bag,dumbbell,water bottle,ski",
    "books": "novel,cookbook,comic,atlas,notebook,diary,calendar,sketchbook",
    "accessories": "watch,ring,necklace,bracelet,earring,hat,cap,sunglasses,umbrella",
}

FIELDS = {
    "colour": "red,blue,green,black,white,grey,yellow,orange,pink,purple,brown,beige,navy,navy blue,cream,gold,silver,"
    "teal,olive,maroon,turquoise,charcoal,multi",
    "material": "cotton,linen,wool,leather,denim,silk,polyester,suede,wood,oak,metal,steel,glass,ceramic,plastic,"
    "bamboo,velvet,marble,rubber,canvas",
    "pattern": "plain,striped,checked,dotted,floral,printed,geometric,tartan",
    "style": "classic,modern,vintage,sporty,casual,formal,minimalist,rustic,boho,elegant",
    "brand": "",
    "gender": "men,women,unisex,boys,girls",
    "season": "summer,winter,spring,autumn",
    "room": "kitchen,bedroom,living room,bathroom,office,hallway,garden",
    "finish": "matte,glossy,brushed,polished,lacquered",
    "shape": "round,square,oval,rectangular,hexagonal",
    "fit": "slim,regular,loose,oversized",
    "usage": "everyday,sports,party,travel,work,ethnic,formal wear",
    "flavour": "vanilla,lemon,strawberry,mint,hazelnut,caramel",
    "power": "battery,mains,solar,usb",
    "age group": "adults,teens,kids,toddlers",
    "country": "italy,japan,france,india,portugal,sweden",
    "sleeve": "long sleeve,short sleeve,sleeveless",
    "heel": "flat,low heel,high heel",
    "closure": "zip,button,velcro,laces,buckle",
    "capacity": "64 gb,128 gb,256 gb,1 l,2 l,500 ml",
}

# What a wish adds that no catalogue field covers: as said, and the words of it that a search should carry.
ADJECTIVES = (
    "comfortable,comfy,warm,light,lightweight,waterproof,soft,sturdy,elegant,cosy,stylish,simple,foldable,compact,"
    "quiet,breathable,durable,stretchy,handmade,large,small,tall,wide,slim,thick,thin,bright,fancy,cute,cool,"
    "practical,smart,washable,adjustable,portable,wireless,organic,recycled,retro,luxurious,chunky,airy"
).split(",")
PURPOSES = (
    ("for a wedding", "wedding"), ("for my mother", "mother"), ("as a gift for my dad", "gift dad"),
    ("for camping", "camping"), ("for the office", "office"), ("for a birthday party", "birthday party"),
    ("for everyday use", "everyday"), ("to wear to work", "work"), ("for hiking", "hiking"),
    ("for the beach", "beach"), ("for rainy days", "rainy days"), ("for a small flat", "small flat"),
    ("for my new apartment", "new apartment"), ("for running", "running"), ("for a job interview", "job interview"),
    ("for my little sister", "little sister"), ("for cold evenings", "cold evenings"), ("for travelling", "travelling"),
    ("that goes with jeans", "goes jeans"), ("with pockets", "pockets"), ("with a hood", "hood"),
    ("with long sleeves", "long sleeves"), ("with a zip", "zip"), ("for two people", "two people"),
    ("for the weekend", "weekend"), ("for a toddler", "toddler"), ("for studying", "studying"),
    ("for a picnic", "picnic"), ("with good reviews", "good reviews"), ("that lasts", "lasts"),
    ("for my girlfriend", "girlfriend"), ("for my boyfriend", "boyfriend"), ("for the gym", "gym"),
    ("for christmas", "christmas"), ("for a date night", "date night"), ("for school", "school"),
)  # fmt: skip
# Nouns that are broader than a catalogue's kinds, or that it may not hold at all.
BROAD = (
    "shoes,footwear,furniture,clothes,something to wear,jewellery,kitchenware,decoration,a present,gadgets,"
    "accessories,an outfit,storage,bedding,headgear,outerwear,knitwear,lighting,luggage,tableware"
).split(",")
STOP = frozenset(
    "a an the to for of with my me i in on at as and or but that this it is are be some any something wear do you have "
    "want need looking show find please by from which".split()
)

_ONSETS = "b,br,d,dr,f,fl,g,gl,k,kr,l,m,n,p,pl,qu,r,s,sk,sl,st,t,tr,v,w,z,zh".split(",")
_VOWELS = "a,e,i,o,u,ae,ee,oo,ou".split(",")
_CODAS = ",b,d,k,l,m,n,nd,p,r,rn,sh,t,th,x,zz".split(",")


def invented(rng: random.Random) -> str:
    """Return a word that no dictionary holds, of two or three syllables, for a copy to be learned and not a word."""
    return "".join(
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
        for _ in range(rng.choice((1, 2, 2, 3)))
    )


def plural(noun: str) -> str:
    """Return the plural of a kind: "dress" -> "dresses", "knife" -> "knives"; plurals stay as they are."""
    if noun.endswith(("jeans", "shorts", "trousers", "leggings", "pyjamas", "headphones", "glasses", "toys")):
        return noun
    if noun.endswith("s") and not noun.endswith(("ss", "us")):
        return noun  # a catalogue that names its kinds in the plural
    if noun.endswith(("s", "x", "sh", "ch", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("knife", "scarf")):
        return noun[:-2] + "ves" if noun.endswith("fe") else noun[:-1] + "ves"
    return noun + "s"


def singular(noun: str) -> str:
    """Return a kind named in the plural as one of it: "casual shoes" -> "casual shoe"; what has no singular stays."""
    if plural(noun) != noun or noun.endswith(
        ("jeans", "shorts", "trousers", "leggings", "pyjamas", "phones", "glasses")
    ):
        return noun
    if noun.endswith(("sses", "ches", "shes", "xes")):
        return noun[:-2]
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-1]


def article(phrase: str) -> str:
    """Return the phrase with "a" or "an" before it."""
    return f"an {phrase}" if phrase[:1].lower() in "aeiou" else f"a {phrase}"
