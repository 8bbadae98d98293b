"""Tailwind from a local copy: who gets it, and what is said where there is none."""

from __future__ import annotations

import contextlib

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, tailwind


@pytest.mark.browser
def test_a_local_tailwind_is_served_to_those_who_ask(tmp_path):
    made = "document.head.insertAdjacentHTML('beforeend', '<style>.p-8{padding:%dpx}</style>')"
    (tmp_path / "v2.css").write_text(".p-8{padding:20px}")
    (tmp_path / "v3.js").write_text(made % 30)
    asking = {
        20: "<link href='https://cdn.example/npm/tailwindcss@2.2.19/dist/tailwind.min.css' rel='stylesheet'>",
        30: "<script src='https://cdn.tailwindcss.com?plugins=forms'></script>",
        0: "<script src='https://cdn.example/npm/@tailwindcss/browser@4'></script>",
    }
    body = "<body style='margin:0'><div class=p-8>inside</div>"
    with WebRenderer(timeout=20.0, tailwind=str(tmp_path)) as renderer:
        for padding, head in asking.items():
            with contextlib.nullcontext() if padding else pytest.warns(RuntimeWarning, match="prepare tailwind"):
                rendering = renderer.render(bare_program(head + body, "web"))
            assert next(e for e in rendering.scenes[0].elements if e.text == "inside").box.left == padding
            assert (
                bool(rendering.record["tailwind"])
                == ("asks for Tailwind" in rendering.execution.output)
                == (not padding)
            )


def test_a_tailwind_that_is_not_there_is_named(tmp_path, monkeypatch):
    with pytest.raises(InvalidInputError, match="tailwind='/no/such/file'"):
        WebRenderer(tailwind="/no/such/file")
    with pytest.raises(InvalidInputError, match="holds none of v2.css"):
        WebRenderer(tailwind=str(tmp_path))
    (tmp_path / "mine.css").write_text(".p-8{padding:20px}")
    monkeypatch.setenv(tailwind.VARIABLE, str(tmp_path / "mine.css"))
    assert tailwind.Tailwind.at(None).answer("v2.css") == (b".p-8{padding:20px}", "text/css; charset=utf-8")
    assert tailwind.Tailwind.at(None).answer("v3.js") is None
