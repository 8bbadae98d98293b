"""Web pages: a page in real Chromium, everything visible in it, and which part of the source is behind it.

What a scene of a page holds, for whoever reads one.

**Picture and coordinates.** One scene: the whole page at ``viewport_width`` (``full_page=False``: the viewport alone),
device scale 1, so CSS px are px of the picture. A page taller than ``max_pixels`` allows is cut at the foot
(``record["cut"]``) and what lies wholly below the cut is left out. What sticks out at the left, top or right keeps its
true box; the picture is never wider than the viewport (the document's own extent is ``record["page"]``).

**Kinds.** Text, one element for each text node of the document that is visible (a sentence with a bold word in it is
three): ``text``, ``heading`` (in h1 .. h6), ``link-text`` (in a[href]), ``button-text``, ``input-text`` (value or
placeholder of a field), ``marker`` (bullet or number of a list). Boxes, one for each DOM element with an area:
``page`` (the one root, id 0), ``box`` (paints background, border, shadow or outline), ``block`` (paints nothing of its
own: a mere container), ``cell`` (td, th), ``link`` (a[href]), ``button`` (button, input of type submit/button/reset,
role=button), ``input`` (other fields, select, textarea), ``image`` (img, svg, canvas, video, object, embed),
``frame`` (iframe), ``rule`` (hr). Inline elements that paint nothing and are no link, button, field or picture
(<b>, <span>) have no element: their text has. Invisible things (display: none, visibility: hidden, opacity 0, no area)
have none either; what is merely outside the picture or clipped away has one.

**Text.** ``text`` is what the node shows, white space collapsed; ``outline`` four corners a line, tight around the ink
as far as the letters tell (ascenders, descenders); ``box`` the lines' own boxes (font ascent to descent) together.

**Tree.** ``parent`` is the nearest ancestor in the flat tree that has an element (None for the page), ``panel`` the
page or iframe element it belongs to. ``clip`` is the intersection of the padding boxes of all ancestors whose
``overflow`` clips it (absolute and fixed boxes escape as in CSS) and of its frame; None: only the picture clips.

**Style** (JSON scalars; colours "#rrggbb", lengths px; what is not there has its first value):
    tag            name of the DOM element (of its parent for text), lower case
    placed         always "flow": see ``trace/ownership.py``
    display        computed display (of the nearest box element for text; of generated content its own, like position)
    position       static | relative | absolute | fixed | sticky
    layered        true where it or an ancestor is taken out of the flow on purpose (absolute, fixed, sticky, float,
                   transform, negative margin): overlap with what is outside of that ancestor may be meant
    layer          id of the nearest such ancestor element (or itself), null
    overflow       of the page: what becomes of what reaches over the window's right edge;
                   visible | hidden | clip | scroll | auto, the stronger of both axes; boxes only
    clipped_by     id of the nearest ancestor element that clips it, null
    clip_kind      how that ancestor clips: hidden | clip | scroll | auto, null
    ellipsis       true where text-overflow or line-clamp cuts on purpose
    float          left | right where it floats;   turned  true where a transform turns or shears it
    scroll_width, scroll_height   content extent of a box that clips or scrolls (0 elsewhere); of the page, how wide it
                   can be scrolled
    zorder         paint order (rises towards the reader; ties by CSS's order within a layer, then in document order)
    alpha          product of all opacities, times the colour's own alpha for text
    visible_paint  true where a box paints something of its own
    color          text colour
    behind_text    colour behind a text as the engine blends it from backgrounds, "" where a picture is in between
    behind_picture "" | gradient | url: what is in between (a picture that the page itself holds counts as gradient); a
                   url's picture is our placeholder, so contrast on it says nothing of the page
    background     background colour of a box, "" when transparent;   background_alpha  its alpha
    background_image   "" | gradient | url
    margin_top, margin_right, margin_bottom, margin_left, padding_top, padding_bottom, min_height     px, of boxes
    loose          true for a box that lies where it was told whatever is around it: absolute, fixed, sticky, or
                   transformed by more than a shift
    shift_x, shift_y     px by which a relative offset and a transform have moved a box that is not loose
    border         the widest border, px;   radius  the largest corner radius, px;   shadow  true with a box-shadow
    font_size, font_weight (int), font_family, italic, line_height, letter_spacing, text_align, white_space,
    text_decoration, text_shadow, lines (number of lines)     of text; px as they are painted, after all scaling
    unreadable     true for a text of whose letters the picture shows nothing though its place is in it (see ``ink.py``)
    level          1 .. 6 of a heading;   href  target of a link;   alt  of an image;   field  type of an input
    interactive    true for link, button, input and the text in them;   disabled
    natural_width, natural_height   of an img where known (0: not; a placeholder's only where the address tells its
                   size);   broken  true for an img that shows nothing
    object_fit     of an img;   made_up  true for an img whose box has the size that was made up for it
    row            flex-direction row/column, "grid", "table" of the *parent's* layout ("" for block flow)
    list           true inside ul/ol

**Owners.** ``created``: the start tag (of its parent for text; prop "*"); a script statement for what a script made.
``mutated``: the text run, prop "text"; the line of script that changed an element's own style or classes, under what it
changed. ``styled``: the declaration that won the cascade, ``<style>`` or inline, its
prop one of
    color       color                               background  background-color, background, background-image
    size        font-size of text; what made it smallest where it is painted at three quarters of that or less
    bound       max-width, max-height of boxes
    width       width, min-width, flex-basis, flex-grow, aspect-ratio of boxes
    height      height, min-height of boxes
    font        font-family, -weight, -style, letter-spacing, text-transform
    position    position, top/right/bottom/left, float, transform, translate, negative margins
    scale       transform, scale, zoom, where they make larger or smaller; for a text those of the ancestor that made
                it smallest
    spacing     gap, text-indent
    margin      margin (but negative ones)
    padding     padding
    leading     line-height
    layout      display, flex-*, grid-*, justify-*, align-*, columns, order, text-align, object-fit
    wrap        white-space, word-break, overflow-wrap, text-overflow
    clip        overflow, clip-path of the element or of the ancestor that clips it
    limits      width/height/max-* of the ancestor that clips it
    stacking    z-index
    visible     opacity, visibility, filter, mix-blend-mode
    border      border, outline, box-shadow, border-radius
An inherited property is owned by the declaration on the ancestor. The background behind a text belongs to its owners,
too: under "color" as well where the colour was chosen further out and stood out well there. ``order`` rises with how
decisive a declaration is (width before padding); an attribute (``width=100``) is part of the start tag that created.

**Record** (what likeness reads; pictures are not kept of references):
    viewport, page, picture    [width, height]; page is the document's scroll extent
    cut                        whether the picture ends above the page's end
    title                      of the document
    background                 colour of the page
    texts      [{element, text, box [l, t, r, b], lines [[l, t, r, b], ...], color, background, font_size, font_weight,
                 tag, block, holder}]  every text of the page's own tags of which something can be seen, in document
                 order; lines as far as they can be seen, the colour as painted; texts of one paragraph share ``block``
                 (an element id), those of one tag that Design2Code takes for a block ``holder`` (0: none)
    pictures   [{element, box, tag}]
    thumbnail  {size: [w, h], png: base64}   the picture, 320 px wide, cut at 1280 px
    blocked    requests that were not let out;  answered  requests answered with a placeholder or a local Tailwind
    tailwind   addresses at which Tailwind was asked for in vain: the page is shown without it
"""

from verl_visual_sdpo.inspection.render.web.renderer import OPTIONS, WebRenderer

__all__ = ["OPTIONS", "WebRenderer"]
