"""Trees of programs: one at a time in all threads, read once for one source."""

import ast
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from verl_visual_sdpo.inspection.program import syntax_tree

SOURCES = [f"# {i}\n" + "\n".join(f"a{k} = f(x, [y, {{'a': (1, 2, {k})}}])" for k in range(40)) for i in range(60)]


@pytest.fixture
def turns_between_nodes():
    """A collection of garbage in the middle of a tree lets other threads run, as it does now and then by itself."""

    def rest(*_):
        time.sleep(1e-5)

    before = gc.get_threshold()
    gc.callbacks.append(rest)
    gc.set_threshold(30)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(rest)


def in_threads(read):
    """Every source read in one of four threads, from different depths of the stack."""

    def at_depth(depth, source):
        return at_depth(depth - 1, source) if depth else read(source)

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(at_depth, [3 * (i % 4) for i in range(len(SOURCES))], SOURCES))


def test_threads_do_not_disturb_each_other(turns_between_nodes):
    trees = in_threads(syntax_tree)
    assert [ast.dump(tree) for tree in trees] == [ast.dump(ast.parse(source)) for source in SOURCES]


def test_nor_does_a_library_that_takes_no_turn(turns_between_nodes):
    ours = set(SOURCES[::2])

    def read(source):
        if source in ours:
            return syntax_tree("# once more\n" + source)
        with suppress(SystemError):
            ast.parse(source)
        return None

    trees = in_threads(read)
    assert all(isinstance(tree, ast.Module) for tree in trees[::2])
    assert [ast.dump(tree) for tree in trees[::2]] == [ast.dump(ast.parse(source)) for source in SOURCES[::2]]


def test_one_source_is_read_once():
    assert syntax_tree("x = 1") is syntax_tree("x = 1")


@pytest.mark.parametrize(("source", "error"), [("x = (", SyntaxError), ("x = '\0'", (ValueError, SyntaxError))])
def test_what_does_not_parse_is_said_every_time(source, error):
    for _ in range(2):
        with pytest.raises(error):
            syntax_tree(source)
