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
    "books": "novel,cookbook,comic,atlas,notebook,diary,calendar,sketchbook,biography,paperback,"
    "picture book,travel guide",
    "films": "film,documentary,series,short film,box set,blu-ray",
    "music": "guitar,ukulele,violin,drum,piano,vinyl record,music stand,harmonica",
    "pets": "dog bed,cat tree,dog lead,fish tank,bird cage,pet carrier,scratching post",
    "groceries": "rice,flour,butter,muesli,lentils,peanut butter,tomato sauce,green tea,oat milk,crackers",
    "office": "office chair,filing cabinet,whiteboard,stapler,fountain pen,desk organiser,paper shredder",
    "baby": "pram,car seat,cot,baby bottle,high chair,romper,baby carrier",
    "accessories": "watch,ring,necklace,bracelet,earring,hat,cap,sunglasses,umbrella",
}

# Fields that the goods of a department have; any others are drawn from all.
OWN_FIELDS = {
    "books": "genre,author,year,language",
    "films": "genre,director,decade,language",
    "electronics": "storage,screen size,brand,colour",
    "food": "label,weight,brand,flavour",
    "groceries": "label,weight,brand,country",
    "music": "brand,level,finish",
    "furniture": "material,room,frame colour",
    "clothes": "colour,material,size range,fit",
    "shoes": "colour,material,heel,closure",
    "baby": "age group,colour,brand",
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
    "genre": "thriller,romance,comedy,drama,science fiction,fantasy,horror,crime,history,adventure,animation,western",
    "author": "",
    "director": "",
    "year": "1987,1994,1999,2003,2008,2011,2015,2018,2021,2023",
    "decade": "60s,70s,80s,90s,noughties",
    "language": "english,french,german,spanish,hindi,japanese,korean",
    "storage": "64 gb,128 gb,256 gb,512 gb,1 tb",
    "screen size": "6 inch,10 inch,13 inch,15.6 inch,24 inch,27 inch,55 inch",
    "label": "organic,fair trade,vegan,gluten free,sugar free,halal",
    "weight": "100 g,250 g,500 g,1 kg,2 kg",
    "level": "beginner,intermediate,professional",
    "frame colour": "black,white,oak,walnut,chrome,brass",
    "size range": "petite,plus size,tall,maternity",
    "main ingredient": "oats,almonds,cocoa,coconut,tomatoes,chickpeas",
    "energy class": "class a,class b,class c",
    "noise level": "silent,quiet,loud",
}

# What a wish adds that no catalogue field covers: as said, and the words of it that a search should carry.
ADJECTIVES = (
    "comfortable,comfy,warm,light,lightweight,waterproof,soft,sturdy,elegant,cosy,stylish,simple,foldable,compact,"
    "quiet,breathable,durable,stretchy,handmade,large,small,tall,wide,slim,thick,thin,bright,fancy,cute,cool,"
    "practical,smart,washable,adjustable,portable,wireless,organic,recycled,retro,luxurious,chunky,airy,"
    "funny,colourful,romantic,robust,reusable,ergonomic,delicate,trendy,natural,heavy,silent,padded,rare,spacious,"
    "sleek,solid,sharp,powerful,reliable,unusual,classy,chic,beautiful,fluffy,plush,rugged,hardwearing,"
    "long-lasting,sensible,subtle,bold,cheerful,flexible,tough,graceful,smooth,roomy,lively,dainty,strong,basic"
).split(",")
# Uses: enough to search by, even with no kind of product.
USES = (
    ("for a wedding", "wedding"), ("for camping", "camping"), ("for the office", "office"),
    ("for everyday use", "everyday"), ("to wear to work", "work"), ("for hiking", "hiking"),
    ("for the beach", "beach"), ("for rainy days", "rainy days"), ("for a small flat", "small flat"),
    ("for my new apartment", "new apartment"), ("for running", "running"), ("for a job interview", "job interview"),
    ("for cold evenings", "cold evenings"), ("for travelling", "travelling"), ("with pockets", "pockets"),
    ("with a hood", "hood"), ("with long sleeves", "long sleeves"), ("with a zip", "zip"),
    ("for two people", "two people"), ("for studying", "studying"), ("for a picnic", "picnic"),
    ("for the gym", "gym"), ("for a date night", "date night"), ("for school", "school"),
    ("for the garden", "garden"), ("for a balcony", "balcony"), ("for sensitive skin", "sensitive skin"),
    ("for a long flight", "long flight"), ("for the snow", "snow"), ("for fishing", "fishing"),
    ("for painting", "painting"), ("for a costume party", "costume party"), ("for cycling", "cycling"),
    ("that fits in a backpack", "fits backpack"), ("for a rainy hike", "rainy hike"), ("for swimming", "swimming"),
    ("for the kitchen", "kitchen"), ("for gaming", "gaming"), ("for yoga", "yoga"),
    ("for music lessons", "music lessons"),
    ("for a funeral", "funeral"), ("for cooking", "cooking"), ("with a warranty", "warranty"),
    ("for dancing", "dancing"), ("for hot weather", "hot weather"), ("for a small kitchen", "small kitchen"),
)  # fmt: skip
# What a description may say that a thing comes with.
FEATURES = (
    "pockets,a hood,a lid,wheels,handles,a strap,a lining,a warranty,instructions,a cable,a case,a spare part,a stand,"
    "a timer,a light,a lock,a mirror,a shelf,drawers,legs,a belt,a collar,studs,a gift box,a filter"
).split(",")
# Whom a thing is for, or what is celebrated: a search carries it beside a kind of product; alone it says too little.
OCCASIONS = (
    ("for my mother", "mother"), ("for my dad", "dad"), ("for my girlfriend", "girlfriend"),
    ("for my boyfriend", "boyfriend"), ("for my little sister", "little sister"), ("for a toddler", "toddler"),
    ("for christmas", "christmas"), ("for a birthday", "birthday"), ("for a friend", "friend"),
    ("for my wife", "wife"), ("for my husband", "husband"), ("for our anniversary", "anniversary"),
    ("for my grandma", "grandma"), ("for my best friend", "best friend"), ("for a colleague", "colleague"),
    ("for my brother", "brother"), ("for mother's day", "mother's day"), ("for a housewarming", "housewarming"),
    ("for my boss", "boss"), ("for my nephew", "nephew"), ("for her graduation", "graduation"),
    ("for my neighbour", "neighbour"), ("for valentine's day", "valentine's day"), ("for my teacher", "teacher"),
)  # fmt: skip
# Nouns broader than a catalogue's kinds, or that it may not hold at all: still kinds of product, to be searched for.
BROAD = (
    "shoes,footwear,furniture,clothes,jewellery,kitchenware,decoration,storage,bedding,headgear,outerwear,knitwear,"
    "lighting,luggage,tableware,toys,electronics,books,groceries,cosmetics,garden tools,sportswear,stationery,"
    "camping gear,baby clothes,underwear,snacks,instruments"
).split(",")
# What is no kind of product: asked about where it stands alone, searched for beside a value, a price, a use.
THINGS = (
    "something,something,something,something to wear,present,gift,outfit,gadgets,accessories,something to give"
).split(",")
# Words of a wish that ask for an order instead: as said, and the order.
ORDERS = (
    ("cheap", "cheapest"), ("affordable", "cheapest"), ("inexpensive", "cheapest"), ("cheap", "cheapest"),
    ("top rated", "top rated"), ("highly rated", "top rated"), ("best rated", "top rated"),
    ("well reviewed", "top rated"),
)  # fmt: skip

_ONSETS = "b,br,d,dr,f,fl,g,gl,k,kr,l,m,n,p,pl,qu,r,s,sk,sl,st,t,tr,v,w,z,zh".split(",")
_VOWELS = "a,e,i,o,u,ae,ee,oo,ou".split(",")
_CODAS = ",b,d,k,l,m,n,nd,p,r,rn,sh,t,th,x,zz".split(",")


def invented(rng: random.Random) -> str:
    """Return a word that no dictionary holds, of two or three syllables, for a copy to be learned and not a word."""
    word = ""
    while len(word) < 4:  # shorter ones are too often words of the language
        word = "".join(
            rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
            for _ in range(rng.choice((1, 2, 2, 3)))
        )
    return word


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
