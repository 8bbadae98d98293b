"""Each detector on scenes built by hand: just beyond its limit, just within it, and where it cannot tell."""

import io

import pytest
from PIL import Image, ImageDraw

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.detect import detect, detectors_of
from verl_visual_sdpo.types import Box, Element, Scene

SIZE = (600, 400)
PANEL = Box(80, 50, 560, 340)


class Canvas:
    """Elements with ascending ids; the first is the axes."""

    def __init__(self, background="white"):
        self.elements = []
        self.picture = Image.new("RGB", SIZE, background)
        self.add("axes", PANEL)

    def add(self, kind, box, text="", panel=0, parent=None, clip=None, outline=(), **style):
        self.elements.append(
            Element(len(self.elements), kind, Box(*box) if isinstance(box, tuple) else box, text, style)
        )
        e = self.elements[-1]
        self.elements[-1] = Element(
            e.id, kind, e.box, text, style, (), parent, None if kind == "axes" else panel, clip, tuple(outline)
        )
        return e.id

    def line(self, points, clip=PANEL, **style):
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = (min(xs), min(ys), max(xs), max(ys))
        return self.add("line", box, outline=points, clip=clip, **{"line_width": 2.0, **style})

    def write(self, kind, box, text, color="#000000", **style):
        return self.add(kind, box, text, color=color, **{"font_size": 14.0, **style})

    def scene(self):
        out = io.BytesIO()
        self.picture.save(out, format="PNG")
        return Scene(SIZE, tuple(self.elements), out.getvalue())

    def found(self, **options):
        defects, _ = detect(self.scene(), options=options)
        return {d.detector: d for d in defects}


@pytest.fixture
def canvas():
    made = Canvas()
    made.line([(100, 300), (300, 200), (500, 100)])
    return made


def test_a_plain_chart_is_clean(canvas):
    canvas.write("title", (250, 25, 350, 43), "Level")
    canvas.write("axis-label", (280, 370, 340, 388), "Day")
    defects, undetermined = detect(canvas.scene())
    assert defects == () and undetermined == ()


def test_findings_carry_their_page_ids_and_a_message_with_both_numbers(canvas):
    title = canvas.write("title", (250, 25, 350, 43), "Level")
    note = canvas.write("text", (300, 25, 420, 43), "provisional")
    (defect,), _ = detect(canvas.scene(), page=2)
    assert (defect.page, defect.detector, defect.element_ids) == (2, "text-overlap", (note, title))
    assert defect.boxes == (Box(300, 25, 420, 43), Box(250, 25, 350, 43))
    assert 0 < defect.severity <= 1 and "50%" in defect.message and "10%" in defect.message


def test_an_unknown_option_is_refused_and_a_known_one_obeyed(canvas):
    canvas.write("title", (250, 25, 350, 43), "Level")
    canvas.write("text", (300, 25, 420, 43), "provisional")
    assert "text-overlap" not in canvas.found(**{"text-overlap": {"share": 0.6}})
    with pytest.raises(InvalidInputError, match="has no shares; did you mean .share.. it has share, trim"):
        canvas.found(**{"text-overlap": {"shares": 0.6}})


def test_severity_is_graded_or_one_for_every_defect(canvas):
    canvas.write("title", (250, 25, 350, 43), "Level")
    canvas.write("text", (340, 25, 420, 43), "provisional")
    (graded,), _ = detect(canvas.scene())
    (binary,), _ = detect(canvas.scene(), options={"severity": "binary"})
    assert 0 < graded.severity < 1 == binary.severity
    with pytest.raises(InvalidInputError, match="graded, binary"):
        detect(canvas.scene(), options={"severity": "strict"})


def test_options_of_others_are_left_alone(canvas):
    assert canvas.found(timeout={"seconds": 3}) == {}


class TestTextOverlap:
    def test_rotated_labels_are_measured_by_their_shape_not_their_box(self, canvas):
        def slanted(x):
            return [(x, 380), (x + 40, 340), (x + 50, 350), (x + 10, 390)]

        for x in (100, 125):
            canvas.add("text", (x, 340, x + 50, 390), "a name", outline=slanted(x), rotation=45.0, color="#000000")
        assert "text-overlap" not in canvas.found()

    def test_a_watermark_and_a_text_drawn_twice_are_clean(self, canvas):
        canvas.write("text", (150, 60, 500, 110), "DRAFT", alpha=0.2)
        for _ in range(2):
            canvas.write("text", (200, 70, 260, 88), "North")
        assert "text-overlap" not in canvas.found()

    def test_labels_of_two_panels_are_the_business_of_panels_overlap(self, canvas):
        other = canvas.add("axes", (80, 380, 560, 395))
        canvas.line([(100, 385), (500, 390)])
        canvas.write("axis-label", (280, 360, 340, 378), "Day")
        canvas.write("title", (270, 362, 350, 380), "Second", panel=other)
        assert set(canvas.found()) & {"text-overlap", "panels-overlap"} == {"panels-overlap"}


def test_tick_labels_make_one_defect_an_axis(canvas):
    for k in range(10):
        canvas.write("tick-label", (100 + 30 * k, 345, 135 + 30 * k, 360), f"{1000 + k}", axis="x")
    found = canvas.found()
    assert set(found) == {"tick-labels-collide"}
    assert len(found["tick-labels-collide"].element_ids) == 10


def test_tick_labels_with_a_gap_of_a_thin_space_are_clean(canvas):
    for k in range(10):
        canvas.write("tick-label", (100 + 38 * k, 345, 135 + 38 * k, 360), f"{1000 + k}", axis="x")
    assert canvas.found() == {}


class TestTextClipped:
    def test_cut_by_the_axes(self, canvas):
        canvas.add("text", (520, 200, 620, 218), "last value", clip=PANEL, color="#000000")
        assert "text-clipped" in canvas.found()

    def test_wholly_out_of_view_is_a_zoom(self, canvas):
        canvas.add("text", (565, 200, 595, 218), "far", clip=PANEL, color="#000000")
        assert canvas.found() == {}


class TestCanvasOverflow:
    def test_long_title_blames_its_text_and_large_title_its_size(self, canvas):
        canvas.write("axis-label", (280, 370, 340, 388), "Day")
        canvas.write("title", (-100, 20, 700, 40), "much too long")
        assert canvas.found()["canvas-overflow"].props[0] == "text"
        canvas.elements.pop()
        canvas.write("title", (-100, 5, 700, 60), "large", font_size=50.0)
        assert canvas.found()["canvas-overflow"].props[0] == "size"

    def test_a_label_without_margin_blames_the_layout(self):
        canvas = Canvas()
        canvas.elements[0] = Element(0, "axes", Box(10, 50, 560, 340))
        canvas.line([(100, 300), (500, 100)])
        canvas.write("axis-label", (-30, 150, -10, 250), "Level", rotation=90.0)
        assert canvas.found()["canvas-overflow"].props[0] == "layout"

    def test_room_for_descenders_may_hang_over(self, canvas):
        canvas.write("axis-label", (280, 384, 340, 402.5), "Day")
        assert canvas.found() == {}

    def test_clipped_data_does_not_leave_the_picture(self, canvas):
        canvas.line([(100, 300), (900, 100)])
        assert "canvas-overflow" not in canvas.found()


class TestAxesClipped:
    def bars(self, canvas, tops, base=340.0):
        for k, top in enumerate(tops):
            canvas.add("bar", (120 + 80 * k, top, 170 + 80 * k, base), clip=PANEL)

    def test_a_bar_without_its_end(self):
        canvas = Canvas()
        self.bars(canvas, [200, 20, 150])
        found = canvas.found()
        assert set(found) == {"axes-clipped"} and found["axes-clipped"].props[0] == "y-limits"

    def test_a_truncated_baseline_is_a_choice(self):
        canvas = Canvas()
        self.bars(canvas, [200, 120, 150], base=900.0)
        assert canvas.found() == {}

    def test_a_curve_that_runs_away_is_undetermined(self):
        canvas = Canvas()
        canvas.line([(100 + 10 * k, 200 - 3 * k * k) for k in range(40)])
        defects, undetermined = detect(canvas.scene())
        assert defects == () and [u.detector for u in undetermined] == ["axes-clipped"]

    def test_cut_peaks(self):
        canvas = Canvas()
        canvas.line([(100 + 10 * k, 200 if k % 4 else 20) for k in range(40)])
        assert set(canvas.found()) == {"axes-clipped"}

    def test_lying_bars_that_are_gone_went_by_the_limits_of_their_places(self):
        canvas = Canvas()
        for place, width in enumerate((200, 300, 150, 250, 100)):
            top = 10 + 60 * place
            canvas.add("bar", (80, top, 80 + width, top + 36), clip=PANEL)
        assert canvas.found()["axes-clipped"].props[0] == "y-limits"


class TestLegend:
    def test_on_a_line(self, canvas):
        legend = canvas.add("legend", (250, 150, 350, 250))
        defect = canvas.found()["legend-covers-data"]
        assert defect.element_ids[0] == legend and defect.severity >= 0.5

    def test_on_a_reference_line_or_span_is_clean(self, canvas):
        canvas.line([(80, 330), (560, 330)])
        canvas.add("patch", (100, 50, 130, 340), clip=PANEL, shape="Rectangle")
        canvas.add("legend", (90, 310, 200, 338))
        assert "legend-covers-data" not in canvas.found()

    def test_on_a_wedge_is_measured_by_its_outline(self, canvas):
        wedge = [(400, 340), (560, 340), (560, 180)]
        canvas.add("patch", (400, 180, 560, 340), outline=wedge)
        canvas.add("legend", (402, 182, 460, 240))
        assert canvas.found() == {}

    def test_on_a_shape_that_is_not_known_is_undetermined(self, canvas):
        canvas.add("collection", (400, 200, 560, 340), outline=[(400, 200), (560, 340)], centres=True)
        canvas.add("legend", (450, 250, 550, 300))
        _, undetermined = detect(canvas.scene())
        assert [u.detector for u in undetermined] == ["legend-covers-data"]

    def test_on_the_end_of_a_bar(self, canvas):
        canvas.add("bar", (400, 120, 540, 340))
        canvas.add("legend", (420, 80, 520, 130))  # a twentieth of the area, but all of the end
        assert "legend-covers-data" in canvas.found()

    @pytest.mark.parametrize(("marks", "faulty"), [(200, True), (400, False)])
    def test_on_one_mark_of_a_cloud(self, canvas, marks, faulty):
        cloud = [(100 + k % 20, 300 + k // 20) for k in range(marks - 1)]
        canvas.add("scatter", (100, 90, 500, 330), outline=[*cloud, (480, 90)], marker_size=6.0)
        canvas.add("legend", (450, 70, 550, 100))
        assert ("legend-covers-data" in canvas.found()) is faulty

    def test_on_centres_of_many_shapes(self, canvas):
        canvas.add("collection", (400, 200, 560, 340), outline=[(400, 200), (500, 270), (560, 340)], centres=True)
        canvas.add("legend", (450, 250, 550, 300))
        assert "legend-covers-data" in canvas.found()

    def test_on_the_arrow_of_a_note(self, canvas):
        arrow = [(400, 100), (500, 300)]
        canvas.add("patch", (400, 100, 500, 300), outline=arrow, face=None, edge="#000000", role="arrow")
        canvas.add("legend", (420, 180, 500, 220))
        assert "legend-covers-data" in canvas.found()

    def test_a_title_that_left_its_place_is_named_first(self, canvas):
        legend = canvas.add("legend", (250, 55, 350, 85))
        title = canvas.write("title", (260, 60, 340, 78), "Level")
        assert canvas.found()["legend-covers-data"].element_ids == (title, legend)


class TestLowContrast:
    def paint(self, canvas, box, text_color, background):
        draw = ImageDraw.Draw(canvas.picture)
        draw.rectangle(box, fill=background)
        draw.text((box[0] + 2, box[1] + 2), "mmmm mmmm", fill=text_color)

    @pytest.mark.parametrize(
        ("color", "background", "faulty"),
        [
            ("#000000", "#ffffff", False),
            ("#d3d3d3", "#ffffff", True),
            ("#ffffff", "#00008b", False),
            ("#ffffff", "#ffffff", True),
            ("#959595", "#ffffff", True),  # 2.95:1
            ("#939393", "#ffffff", False),  # 3.04:1
        ],
    )
    def test_against_the_pixels_behind(self, canvas, color, background, faulty):
        box = (200, 355, 260, 372)
        self.paint(canvas, box, color, background)
        canvas.write("text", box, "mmmm mmmm", color=color)
        assert ("low-contrast" in canvas.found()) is faulty

    def test_just_below_the_ratio_readers_differ(self, canvas):
        for top, color in ((350, "#767676"), (375, "#777777")):  # 4.54:1 and 4.48:1
            self.paint(canvas, (200, top, 260, top + 17), color, "#ffffff")
            canvas.write("text", (200, top, 260, top + 17), color, color=color)
        defects, undetermined = detect(canvas.scene())
        assert defects == () and [u.element_ids for u in undetermined] == [(canvas.elements[-1].id,)]

    def test_a_text_half_on_a_dark_bar(self, canvas):
        box = (200, 355, 260, 372)
        ImageDraw.Draw(canvas.picture).rectangle((230, 350, 270, 380), fill="#202020")
        canvas.write("text", box, "mmmm mmmm", color="#000000")
        assert canvas.found()["low-contrast"].measured < 2

    def test_large_text_may_have_less(self, canvas):
        box = (200, 355, 260, 385)
        self.paint(canvas, box, "#888888", "#ffffff")  # 3.54:1
        canvas.write("text", box, "mmmm", color="#888888", font_size=25.0)
        assert canvas.found() == {}

    def test_outlined_text_is_undetermined(self, canvas):
        canvas.write("text", (200, 355, 260, 372), "mmmm", color="#ffffff", path_effects=True)
        defects, undetermined = detect(canvas.scene())
        assert defects == () and "outline" in undetermined[0].reason


def test_tiny_text(canvas):
    canvas.write("title", (250, 25, 280, 30), "Level", font_size=4.2)
    assert canvas.found()["tiny-text"].measured == 4.2


class TestPanels:
    def two(self, second, **style):
        canvas = Canvas()
        canvas.elements = []
        for k, box in enumerate(((50, 50, 280, 350), second)):
            canvas.add("axes", box, **(style if k else {}))
        for k, (left, right) in enumerate(((60, 270), (second[0] + 10, second[2] - 10))):
            canvas.elements.append(
                Element(2 + k, "line", Box(left, 100, right, 200), panel=k, outline=((left, 100), (right, 200)))
            )
        return canvas

    def test_shifted(self):
        assert set(self.two((330, 70, 560, 370)).found()) == {"misaligned-panels"}

    def test_shrunk_about_the_centre_by_an_equal_aspect(self):
        assert self.two((330, 80, 560, 320)).found() == {}

    def test_another_layout_on_purpose(self):
        assert self.two((330, 50, 560, 180)).found() == {}

    def test_one_on_the_other(self):
        assert set(self.two((200, 50, 430, 350)).found()) == {"panels-overlap"}

    def test_inset(self):
        assert self.two((150, 60, 270, 200)).found() == {}


class TestEmptyAxes:
    def test_nothing_in_it(self):
        assert set(Canvas().found()) == {"empty-axes"}

    def test_without_a_frame(self):
        canvas = Canvas()
        canvas.elements[0] = Element(0, "axes", PANEL, style={"axis_off": True})
        assert canvas.found() == {}

    def test_data_beyond_the_limits(self):
        canvas = Canvas()
        canvas.line([(700, 100), (900, 200)])
        assert canvas.found()["empty-axes"].props[0] == "limits"


class TestTextOverData:
    def test_along_a_line(self, canvas):
        canvas.line([(100, 250), (500, 250)])
        canvas.write("text", (200, 240, 400, 258), "in the way of the line")
        assert set(canvas.found()) == {"text-over-data"}

    def test_with_a_background_or_beside_it(self, canvas):
        canvas.line([(100, 250), (500, 250)])
        canvas.write("text", (200, 240, 280, 258), "boxed", background="#ffffff")
        canvas.write("text", (350, 228, 480, 246), "on the line")
        assert canvas.found() == {}

    def test_a_name_on_a_large_mark(self, canvas):
        canvas.add("scatter", (180, 80, 220, 120), outline=[(200, 100)] * 4, marker_size=60.0)
        canvas.write("text", (190, 92, 210, 108), "A")
        assert canvas.found() == {}


def test_detector_ids_are_unique_and_kebab_case():
    ids = [detector.id for detector in detectors_of("chart")]
    assert len(set(ids)) == len(ids)
    assert all(part.isalpha() and part.islower() for identifier in ids for part in identifier.split("-"))


def test_every_detector_file_has_the_five_heads():
    import importlib

    for detector in detectors_of("chart"):
        module = importlib.import_module(detector.find.__module__)
        heads = [
            line for line in module.__doc__.split("\n") if line in {"What", "Why", "Known limits", "Example", "Options"}
        ]
        assert heads == ["What", "Why", "Known limits", "Example", "Options"], detector.id
