"""Templated questions of four types, answered from a scene's own truth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diagnostics.science.testbed.scenes import COLOURS, KINDS, Scene, Shape

# What everybody knows about colours and shapes, and what no picture says.
LIKE = {"tomato": "red", "carrot": "orange", "lemon": "yellow", "grass": "green", "sea": "blue"}


@dataclass(frozen=True)
class Question:
    """A question with its true answer and the shapes that the answer rests on."""

    text: str
    answer: str
    question_type: str
    template: str
    category: str
    about: tuple[Shape, ...]


def answer_counting(scene: Scene, kind: str) -> tuple[str, tuple[Shape, ...]]:
    """How many shapes of a kind."""
    found = tuple(shape for shape in scene.shapes if shape.kind == kind)
    return str(len(found)), found


def answer_existence(scene: Scene, colour: str, kind: str) -> tuple[str, tuple[Shape, ...]]:
    """Whether a shape of that colour and kind is there."""
    found = tuple(s for s in scene.shapes if (s.colour, s.kind) == (colour, kind))
    return ("yes" if found else "no"), found


def answer_position(
    scene: Scene, colour: str, kind: str, axis: str
) -> tuple[str, tuple[Shape, ...]] | None:
    """On which side the only shape of that colour and kind lies; None unless there is just one."""
    found = tuple(s for s in scene.shapes if (s.colour, s.kind) == (colour, kind))
    if len(found) != 1:
        return None
    if axis == "side":
        return ("left" if found[0].is_left else "right"), found
    return ("top" if found[0].is_top else "bottom"), found


def answer_like(scene: Scene, thing: str) -> tuple[str, tuple[Shape, ...]] | None:
    """The kind of the only shape that has the colour of `thing`."""
    found = tuple(s for s in scene.shapes if s.colour == LIKE[thing])
    return (found[0].kind, found) if len(found) == 1 else None


def answer_rolls(scene: Scene) -> tuple[str, tuple[Shape, ...]] | None:
    """The colour of the only shape that could roll away."""
    found = tuple(s for s in scene.shapes if s.kind == "circle")
    return (found[0].colour, found) if len(found) == 1 else None


def ask(rng: np.random.Generator, scene: Scene) -> Question:
    """A random question that the scene answers."""
    while True:
        maker = _MAKERS[int(rng.integers(len(_MAKERS)))]
        made = maker(rng, scene)
        if made is not None:
            return made


def ask_what_it_looks_like(rng: np.random.Generator, scene: Scene) -> Question | None:
    """The colour of the only shape of a kind, or the kind of the only shape of a colour."""
    shape = scene.shapes[int(rng.integers(len(scene.shapes)))]
    if rng.random() < 0.5:
        alike = tuple(each for each in scene.shapes if each.kind == shape.kind)
        return _colour_of(shape, alike) if len(alike) == 1 else None
    alike = tuple(each for each in scene.shapes if each.colour == shape.colour)
    return _kind_of(shape, alike) if len(alike) == 1 else None


def ask_for_one_of_many(rng: np.random.Generator, scene: Scene) -> Question | None:
    """The same where several shapes fit and differ in what is asked; one of them was meant."""
    shape = scene.shapes[int(rng.integers(len(scene.shapes)))]
    if rng.random() < 0.5:
        alike = tuple(each for each in scene.shapes if each.kind == shape.kind)
        differ = len({each.colour for each in alike}) == len(alike)
        return _colour_of(shape, (shape,)) if len(alike) > 1 and differ else None
    alike = tuple(each for each in scene.shapes if each.colour == shape.colour)
    differ = len({each.kind for each in alike}) == len(alike)
    return _kind_of(shape, (shape,)) if len(alike) > 1 and differ else None


def _colour_of(shape: Shape, about: tuple[Shape, ...]) -> Question:
    text = f"What colour is the {shape.kind}?"
    return Question(
        text, shape.colour, "attribute", "What colour is the [kind]?", shape.kind, about
    )


def _kind_of(shape: Shape, about: tuple[Shape, ...]) -> Question:
    text = f"Which shape is {shape.colour}?"
    return Question(text, shape.kind, "attribute", "Which shape is [colour]?", shape.colour, about)


def true_answer(question: Question, scene: Scene) -> str | None:
    """What the question's answer would be for another scene; None where it makes no sense."""
    words = question.text.rstrip("?").split()
    if question.question_type == "counting":
        return answer_counting(scene, words[2].removesuffix("s"))[0]
    if question.question_type == "existence":
        return answer_existence(scene, words[3], words[4])[0]
    if question.question_type == "position":
        axis = "side" if "left" in words else "height"
        found = answer_position(scene, words[2], words[3], axis)
        return found[0] if found else None
    if question.question_type == "attribute":
        return _looks(scene, words[-1])
    found = answer_rolls(scene) if "roll" in words else answer_like(scene, words[-1])
    return found[0] if found else None


def right_answers(question: Question, scene: Scene) -> tuple[str, ...]:
    """Every answer that is right of a scene: several where a question leaves open which shape."""
    if question.question_type == "attribute":
        return _all_looks(scene, question.text.rstrip("?").split()[-1])
    one = true_answer(question, scene)
    return () if one is None else (one,)


def _looks(scene: Scene, word: str) -> str | None:
    """The colour of the only shape of the kind `word`, or the kind of the only one so coloured."""
    alike = [shape for shape in scene.shapes if word in (shape.kind, shape.colour)]
    return _all_looks(scene, word)[0] if len(alike) == 1 else None


def _all_looks(scene: Scene, word: str) -> tuple[str, ...]:
    """The colours of all shapes of the kind `word`, or the kinds of all that are so coloured."""
    alike = [shape for shape in scene.shapes if word in (shape.kind, shape.colour)]
    return tuple(dict.fromkeys(shape.colour if word in KINDS else shape.kind for shape in alike))


def _counting(rng: np.random.Generator, scene: Scene) -> Question:
    kind = str(rng.choice(KINDS))
    answer, about = answer_counting(scene, kind)
    template = "How many [kind]s are there?"
    return Question(f"How many {kind}s are there?", answer, "counting", template, kind, about)


def _existence(rng: np.random.Generator, scene: Scene) -> Question:
    # Half of the questions ask for what is there, or nearly all answers would be no.
    if rng.random() < 0.5:
        shape = scene.shapes[int(rng.integers(len(scene.shapes)))]
        colour, kind = shape.colour, shape.kind
    else:
        colour, kind = str(rng.choice(list(COLOURS))), str(rng.choice(KINDS))
    answer, about = answer_existence(scene, colour, kind)
    article = "an" if colour[0] in "aeiou" else "a"
    text, template = f"Is there {article} {colour} {kind}?", "Is there a [colour] [kind]?"
    return Question(text, answer, "existence", template, kind, about)


def _position(rng: np.random.Generator, scene: Scene) -> Question | None:
    shape = scene.shapes[int(rng.integers(len(scene.shapes)))]
    axis = "side" if rng.random() < 0.5 else "height"
    found = answer_position(scene, shape.colour, shape.kind, axis)
    if found is None:
        return None
    rest = "on the left or the right?" if axis == "side" else "in the top or the bottom half?"
    text = f"Is the {shape.colour} {shape.kind} {rest}"
    return Question(
        text, found[0], "position", f"Is the [colour] [kind] {rest}", shape.kind, found[1]
    )


def _common_sense(rng: np.random.Generator, scene: Scene) -> Question | None:
    if rng.random() < 0.4:
        found, text = answer_rolls(scene), "What colour is the shape that could roll?"
        template, category = text, "rolling"
    else:
        thing = str(rng.choice(list(LIKE)))
        found, text = answer_like(scene, thing), f"Which shape has the colour of {thing}?"
        template, category = "Which shape has the colour of [thing]?", thing
    if found is None:
        return None
    return Question(text, found[0], "common sense", template, category, found[1])


_MAKERS: tuple[Callable[[np.random.Generator, Scene], Question | None], ...] = (
    _counting,
    _existence,
    _position,
    _common_sense,
)
ANSWERS = (
    "yes", "no", "left", "right", "top", "bottom", *(str(n) for n in range(6)), *KINDS, *COLOURS,
)  # fmt: skip
