"""What the page shows of training is what training does: the same message, the same weights."""

import subprocess
import sys
from dataclasses import replace

import pytest

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.data.tiny_model import CHAT_TEMPLATE, build_tokenizer
from verl_visual_sdpo.distillation.credit import token_responsibilities
from verl_visual_sdpo.distillation.teacher import teacher_messages
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.report.inspect_page import inspect_page
from verl_visual_sdpo.report.teacher_view import Tokens, learning_view, teacher_message, weigh_characters
from verl_visual_sdpo.types import Evidence, Execution, ProgramError

CONFIG = DistillationConfig(alpha=3.0)


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer = build_tokenizer(["import matplotlib.pyplot as plt\nplt.title('x')\n"] * 20, vocabulary=300)
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_the_message_is_the_one_of_training(analysis):
    shown = teacher_message(analysis, CONFIG, prompt="Draw it.")
    (message,) = teacher_messages([{"role": "user", "content": "Draw it."}], Evidence.of(analysis), CONFIG)
    assert [part.text for part in shown.parts] == [part.get("text", "") for part in message["content"]]
    assert [part.picture for part in shown.parts if part.picture] == [(320, 240)]
    assert shown.has_prompt and shown.eligible and ("channels", "image, rubric, error") in shown.settings


def test_settings_decide_what_the_teacher_reads(analysis):
    words = DistillationConfig(channels=("rubric",), distill="failed")
    shown = teacher_message(analysis, words)
    assert not shown.eligible and all(part.picture is None for part in shown.parts)
    failed = replace(analysis, execution=Execution("runtime_error", ProgramError("E", "m", 1)), scenes=())
    shown = teacher_message(failed, CONFIG)
    assert shown.eligible and "It failed (runtime error)" in shown.parts[-1].text
    assert "nothing: no channel" in inspect_page(
        analysis, "x", learning=learning_view(analysis, "", DistillationConfig(channels=("error",)))
    )


def test_every_token_has_the_weight_of_training(analysis, tokenizer_folder):
    tokens, text = Tokens(tokenizer_folder), analysis.program.source + "# é\n"
    weights = tokens.weigh(text, Evidence.of(analysis), 3.0)
    ids = tokens.tokenizer.encode(text, add_special_tokens=False)
    guilt = token_responsibilities(ids, Evidence.of(analysis), tokens.tokenizer)
    flat = [(i, round(piece.weight, 5)) for piece in weights.pieces for i in piece.ids]
    assert flat == [(i, round(1 + 2 * g, 5)) for i, g in zip(ids, guilt.tolist())]
    assert "".join(piece.text for piece in weights.pieces) == text
    assert any(len(piece.ids) == 2 and piece.text == "é" for piece in weights.pieces)  # two bytes, one character
    assert (weights.count, weights.unit) == (len(ids), "token") and weights.raised == int((guilt > 0).sum())


def test_characters_weigh_what_tokens_inside_one_statement_weigh(analysis):
    class Letters:
        def decode(self, ids, skip_special_tokens):
            return "".join(map(chr, ids))

    text, evidence = analysis.program.source, Evidence.of(analysis)
    weights = weigh_characters(text, evidence, 3.0)
    guilt = token_responsibilities([ord(letter) for letter in text], evidence, Letters()).tolist()
    flat = [round(piece.responsibility, 5) for piece in weights.pieces for _ in piece.text]
    assert flat == [round(g, 5) for g in guilt]
    assert weights.mean == pytest.approx(sum(1 + 2 * g for g in guilt) / len(text))


def test_a_tokenizer_that_rewrites_the_text_is_said_and_not_drawn(analysis, tokenizer_folder):
    tokens = Tokens(tokenizer_folder)
    text = analysis.program.source + "<|im_end|>"  # decodes to nothing
    weights = tokens.weigh(text, Evidence.of(analysis), 2.0)
    assert weights.unit == "character" and "does not give this text back" in weights.note


def test_the_page_draws_message_and_tokens(analysis, tokenizer_folder):
    view = learning_view(analysis, analysis.program.source, CONFIG, "Draw <it>.", Tokens(tokenizer_folder))
    page = inspect_page(analysis, "x.py", learning=view)
    assert "Draw &lt;it&gt;." in page and "An earlier answer to this task was executed" in page
    assert "&lt;|im_start|&gt;user\nDraw &lt;it&gt;." in page and "&lt;|image_pad|&gt;" in page
    assert 'data-w="2.80"' in page and "channels=image, rubric, error" in page and "α = 3" in page


def test_a_folder_without_a_tokenizer_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match="is not a folder"):
        Tokens(str(tmp_path / "nowhere"))
    with pytest.raises(InvalidInputError, match="no tokenizer could be loaded"):
        Tokens(str(tmp_path))


def test_messages_and_characters_need_no_torch():
    probe = "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
    probe += "from verl_visual_sdpo.report.teacher_view import Tokens, learning_view\n"
    probe += "from verl_visual_sdpo.errors import InvalidInputError\n"
    probe += "try: Tokens('.')\nexcept InvalidInputError as error: print(error)\n"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert "--tokenizer needs torch" in done.stdout and "[train]" in done.stdout
