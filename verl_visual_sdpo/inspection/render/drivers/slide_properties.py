"""What of a deck an edit of its XML changes, by the names of element and attribute (ECMA-376, parts of DrawingML,
PresentationML and charts), in the words of ``Owner.prop``. Data only."""

from __future__ import annotations

IGNORED = ""
"""Edits that change nothing that can be seen: identifiers, languages, spelling marks."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHAPES = _words("sp pic graphicFrame cxnSp grpSp contentPart AlternateContent")
"""Children of a shape tree."""

_COLORS = _words("""
    solidFill gradFill noFill blipFill pattFill grpFill srgbClr schemeClr prstClr sysClr hslClr scrgbClr alpha lumMod
    lumOff shade tint satMod gs gsLst lin fgClr bgClr clrMap highlight bg bgPr bgRef fillRef lnRef fontRef
""")
_FONTS = _words("latin ea cs sym")
_LAYOUTS = _words("""
    spAutoFit normAutofit noAutofit lnSpc spcBef spcAft spcPts spcPct tabLst tab buNone buChar buAutoNum buBlip buFont
    buSzPct buSzPts buClr legend legendPos overlay manualLayout
""")
_TEXTS = _words("p r t br fld txBody")
_DATA = _words("pt v f ser cat val xVal yVal bubbleSize ptCount strCache numCache strRef numRef tx dPt idx order")
_RUN = _words("rPr defRPr endParaRPr")
_CONTAINERS = _words("""
    xfrm off ext chOff chExt rPr defRPr endParaRPr pPr bodyPr lstStyle extLst tcPr tcW spPr grpSpPr txPr style nvSpPr
    nvPicPr nvGrpSpPr nvCxnSpPr nvGraphicFramePr cNvPr cNvSpPr nvPr ph sldId sldIdLst tc tr tbl gridCol avLst gd
""")
"""What python-pptx puts in on the way to what it was asked for."""
_SILENT = _words("id lang altLang dirty err noProof smtClean bmk uri modId creationId")

_OF_ATTRIBUTE = {
    **dict.fromkeys([("off", "x"), ("chOff", "x"), ("xfrm", "x")], "left"),
    **dict.fromkeys([("off", "y"), ("chOff", "y"), ("xfrm", "y")], "top"),
    **dict.fromkeys([("ext", "cx"), ("ext", "cy"), ("chExt", "cx"), ("chExt", "cy")], "size"),
    **dict.fromkeys([("xfrm", "rot"), ("xfrm", "flipH"), ("xfrm", "flipV")], "rotation"),
    **dict.fromkeys([("bodyPr", "rot"), ("bodyPr", "vert"), ("tcPr", "vert")], "rotation"),
    **dict.fromkeys([("gridCol", "w"), ("tr", "h"), ("sldSz", "cx"), ("sldSz", "cy")], "size"),
    ("pPr", "algn"): "position",
    **dict.fromkeys([("rPr", "sz"), ("defRPr", "sz"), ("endParaRPr", "sz")], "size"),
    ("cNvPr", "hidden"): "visible",
    ("sld", "show"): "visible",
    ("cNvPr", "name"): IGNORED,
    ("cNvPr", "descr"): IGNORED,
    ("blip", "embed"): "data",
}
_OF_ELEMENT = {
    **dict.fromkeys(_RUN | _FONTS, "font"),
    **dict.fromkeys(_COLORS, "color"),
    **dict.fromkeys(_LAYOUTS | {"pPr", "bodyPr", "tc", "tcPr", "tblPr"}, "layout"),
    **dict.fromkeys(_DATA, "data"),
    "srcRect": "size",
}


def of_attribute(tag: str, attribute: str) -> str:
    """What setting or deleting an attribute changes; ``IGNORED`` for nothing."""
    if attribute in _SILENT:
        return IGNORED
    return _OF_ATTRIBUTE.get((tag, attribute), _OF_ELEMENT.get(tag, "*"))


def of_child(tag: str) -> str:
    """What a child of this name changes for its parent by coming or going; ``IGNORED`` where the child itself is what
    there is to own, or is but a container."""
    if tag in _COLORS:
        return "color"
    if tag in _FONTS:
        return "font"
    if tag in _LAYOUTS:
        return "layout"
    if tag in _TEXTS:
        return "text"
    return IGNORED if tag in SHAPES or tag in _CONTAINERS else "*"


def of_text(tag: str) -> str:
    """What an element's own text, or clearing it, changes."""
    if tag in _TEXTS:
        return "text"
    return "data" if tag in _DATA else "*"
