"""Who made and who changed each XML element of a deck: hooks on python-pptx that write down the program's frames.

python-pptx is a thin skin over a tree of ``lxml`` elements: whatever a program does to a deck (``shape.left = x``,
``run.font.size = y``, ``spTree.insert(2, el)``) ends in a method of one of them. So the hooks sit there: ``set``,
``append``, ``insert``, ``addnext``, ``addprevious``, ``extend``, ``replace``, ``remove``, ``clear``, item and attribute
assignment, ``text`` and ``etree.SubElement``. Each walks the stack from the library outwards and keeps the whole chain
of the program's frames. Copies keep who wrote on what they are copies of. Written elements are held, so that their
Python objects, and with them the log, stay the same.

Known limits: edits through XSLT or ``etree.strip_*``, and edits of elements that the program parsed itself *after* it
put them into the deck through an object it kept, leave no trace; such an element still has the owner of its insertion.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from types import FrameType
from typing import Any, NamedTuple

from lxml import etree
from pptx.oxml import element_class_lookup
from pptx.oxml.ns import _nsmap
from pptx.oxml.xmlchemy import BaseOxmlElement
from program_run import PROGRAM, Chain
from slide_properties import IGNORED, SHAPES, of_attribute, of_child, of_text

MOST_WRITES = 200_000
"""Writes that are kept of one program; later ones have no owner."""


class Write(NamedTuple):
    """One write: by whom, of what (``created``: put into the tree), in which order."""

    chain: Chain
    prop: str
    order: int


class Recorder:
    """The log of one program. ``install`` patches python-pptx for the rest of the process's (short) life."""

    def __init__(self) -> None:
        self.created: dict[etree._Element, Write] = {}
        self.written: dict[etree._Element, dict[tuple[Chain, str], Write]] = {}
        self.paused = False
        self._order, self._left = itertools.count(1), MOST_WRITES

    def install(self) -> None:
        for uri in set(_nsmap.values()):  # elements that python-pptx has no class for are hooked, too
            element_class_lookup.get_namespace(uri)[None] = BaseOxmlElement
        for name, hooked in _hooks(self).items():
            setattr(BaseOxmlElement, name, hooked)
        make = etree.SubElement

        def SubElement(parent: etree._Element, tag: Any, *args: Any, **kwargs: Any) -> etree._Element:  # noqa: N802
            child = make(parent, tag, *args, **kwargs)
            self.insertion(parent, (child,))
            return child

        etree.SubElement = SubElement

    # ------------------------------------------------------------------ what the hooks tell

    def insertion(self, parent: Any, children: Iterable[Any]) -> None:
        """Children were put somewhere into a tree (or to another place in it)."""
        if self.paused:
            return
        chain: Chain | None = None
        for child in children:
            if not isinstance(child.tag, str):  # a comment
                continue
            name = local_name(child.tag)
            chain = _chain(sys._getframe(2)) if chain is None else chain
            if child in self.created and name in SHAPES:
                self._note(child, chain, "order")
            elif chain and self._room():
                self.created.setdefault(child, Write(chain, "*", next(self._order)))
            if (prop := of_child(name)) and parent is not None:
                self._note(parent, chain, prop)

    def copied(self, element: Any, twin: Any) -> None:
        """A copy is what it is by those who wrote what was copied; who puts it into a tree makes it."""
        if self.paused:
            return
        for one, other in zip(element.iter(etree.Element), twin.iter(etree.Element)):
            if one in self.created and other is not twin and self._room():
                self.created[other] = self.created[one]
            if one in self.written and self._room():
                self.written[other] = dict(self.written[one])

    def write(self, element: Any, prop: str) -> None:
        if not self.paused and prop != IGNORED:
            self._note(element, _chain(sys._getframe(2)), prop)

    def _note(self, element: Any, chain: Chain, prop: str) -> None:
        if chain and self._room():
            writes = self.written.setdefault(element, {})
            writes.pop((chain, prop), None)
            writes[chain, prop] = Write(chain, prop, next(self._order))

    def _room(self) -> bool:
        self._left -= 1
        return self._left >= 0

    # ------------------------------------------------------------------ the log of one tree

    def of_tree(self, root: Any, chains: dict[Chain, int]) -> list[list[Any]]:
        """``[index of the element in document order, chain, "created" or "mutated", prop, order]`` of every write.

        The XML that is saved has its elements in the same order, so that an index finds them there.
        """
        found = []
        for index, element in enumerate(root.iter(etree.Element)):
            created = self.created.get(element)
            if created is not None:
                found.append([index, chains.setdefault(created.chain, len(chains)), "created", "*", created.order])
            for write in self.written.get(element, {}).values():
                found.append([index, chains.setdefault(write.chain, len(chains)), "mutated", write.prop, write.order])
        return found

    def remembered(self, root: Any) -> dict[int, tuple[Write | None, dict[Any, Write]]]:
        """The log of one tree by position, to be given to :meth:`remember` when the same tree is read again."""
        both = ((self.created.get(e), self.written.get(e, {})) for e in root.iter(etree.Element))
        return {index: log for index, log in enumerate(both) if log[0] or log[1]}

    def remember(self, root: Any, log: dict[int, tuple[Write | None, dict[Any, Write]]]) -> None:
        """Take a log as that of a tree."""
        for index, element in enumerate(root.iter(etree.Element)):
            created, written = log.get(index, (None, {}))
            if created is not None:
                self.created[element] = created
            if written:
                self.written[element] = dict(written)


def _hooks(recorder: Recorder) -> dict[str, Any]:
    """What takes the place of ``BaseOxmlElement``'s inherited methods."""
    base = etree.ElementBase

    def set(element: Any, key: str, value: str) -> None:  # noqa: A001
        base.set(element, key, value)
        recorder.write(element, of_attribute(local_name(element.tag), local_name(key)))

    def append(element: Any, child: Any) -> None:
        base.append(element, child)
        recorder.insertion(element, (child,))

    def insert(element: Any, index: int, child: Any) -> None:
        base.insert(element, index, child)
        recorder.insertion(element, (child,))

    def addnext(element: Any, sibling: Any) -> None:
        base.addnext(element, sibling)
        recorder.insertion(element.getparent(), (sibling,))

    def addprevious(element: Any, sibling: Any) -> None:
        base.addprevious(element, sibling)
        recorder.insertion(element.getparent(), (sibling,))

    def extend(element: Any, children: Any) -> None:
        children = list(children)
        base.extend(element, children)
        recorder.insertion(element, children)

    def replace(element: Any, old: Any, new: Any) -> None:
        base.replace(element, old, new)
        recorder.insertion(element, (new,))

    def remove(element: Any, child: Any) -> None:
        base.remove(element, child)
        recorder.write(element, of_child(local_name(child.tag)) or IGNORED if isinstance(child.tag, str) else IGNORED)

    def __copy__(element: Any) -> Any:  # noqa: N807 (copy.deepcopy comes here, too)
        twin = base.__copy__(element)
        recorder.copied(element, twin)
        return twin

    def clear(element: Any, *args: Any, **kwargs: Any) -> None:
        base.clear(element, *args, **kwargs)
        recorder.write(element, of_text(local_name(element.tag)))

    def setitem(element: Any, index: Any, value: Any) -> None:
        base.__setitem__(element, index, value)
        recorder.insertion(element, value if isinstance(index, slice) else (value,))

    def set_text(element: Any, value: Any) -> None:
        base.text.__set__(element, value)
        recorder.write(element, of_text(local_name(element.tag)))

    methods = (set, append, insert, addnext, addprevious, extend, replace, remove, clear, __copy__)
    hooked: dict[str, Any] = {method.__name__: method for method in methods}
    hooked["__setitem__"] = setitem
    hooked["text"] = property(base.text.__get__, set_text)
    hooked["attrib"] = property(lambda element: _Attributes(element, base.attrib.__get__(element), recorder))
    return hooked


class _Attributes(MutableMapping):
    """The attributes of an element, as ``element.attrib`` gives them, with what is written noted."""

    def __init__(self, element: Any, attributes: Any, recorder: Recorder) -> None:
        self._element, self._attributes, self._recorder = element, attributes, recorder

    def __getitem__(self, key: str) -> str:
        return self._attributes[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._element.set(key, value)

    def __delitem__(self, key: str) -> None:
        del self._attributes[key]
        prop = of_attribute(local_name(self._element.tag), local_name(key))
        self._recorder.write(self._element, prop)

    def __iter__(self) -> Iterator[str]:
        return iter(self._attributes)

    def __len__(self) -> int:
        return len(self._attributes)

    def __repr__(self) -> str:
        return repr(dict(self._attributes))


def local_name(name: Any) -> str:
    """``{namespace}tag`` or ``tag`` without its namespace."""
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def _chain(frame: FrameType | None) -> Chain:
    """The program's frames on the stack, deepest first."""
    found = []
    while frame is not None:
        if frame.f_code.co_filename == PROGRAM:
            found.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)
