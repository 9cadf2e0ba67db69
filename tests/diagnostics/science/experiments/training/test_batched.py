"""Seeds trained together: the same bits as alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from diagnostics.science.experiments.material.treatment import Examples
from diagnostics.science.experiments.training.batched import (
    Recipe,
    Said,
    Together,
    Training,
    _step,
    ask,
    one_thread,
    train_together,
)
from diagnostics.science.experiments.training.fusion import FusionModel, Sizes
from diagnostics.science.experiments.training.lessons import (
    Asked,
    Lesson,
    Shown,
    Vocabulary,
    lesson_of,
    sides,
)
from diagnostics.science.experiments.training.losses import Weights, loss_of
from tests.diagnostics.science.experiments.material_factories import make_material

MATERIAL = make_material(train=203, test=45)
WEIGHTS = Weights(box=1, attended=1, relations=1, contrastive=1, boxed=True)
PLAIN = replace(WEIGHTS, contrastive=0)
SHORT = Recipe(epochs=2, least_steps=1)


def examples(split: str = "train", **changed: object) -> Examples:
    """The samples of a split as they are."""
    rows = np.flatnonzero(MATERIAL.split == split)
    found = Examples(
        rows,
        tuple((MATERIAL.question[row], f"Say: {MATERIAL.question[row]}") for row in rows),
        tuple(MATERIAL.answers[row] for row in rows),
        MATERIAL.image[rows],
        np.ones(len(rows)),
        np.zeros(len(rows), dtype=bool),
    )
    return replace(found, **changed)  # type: ignore[arg-type]


def lesson(seed: int, shown: Shown | None = None, given: Examples | None = None) -> Lesson:
    """What a seed learns from, with boxes."""
    given = given or examples()
    shown = shown or Shown(dropped_image=0.2, dropped_text=0.1)
    looked_at = MATERIAL.looked_at
    assert looked_at is not None
    vocabulary = Vocabulary.of(given)
    return lesson_of(given, vocabulary, seed, shown, looked_at[given.row], (2, 2))


def sizes() -> Sizes:
    """Of a model for these samples."""
    vocabulary = Vocabulary.of(examples())
    words, answers = len(vocabulary.words) + 1, len(vocabulary.answers)
    return Sizes(4, 6, words, answers, vocabulary.length)


def trained(*lessons: Lesson, recipe: Recipe = SHORT, weights: Weights = WEIGHTS) -> Training:
    """Train lessons together."""
    with one_thread():
        return train_together(lessons, sizes(), torch.from_numpy(MATERIAL.regions), recipe, weights)


def said(training: Training, count: int) -> Said:
    """What models say of the tested samples."""
    tested = Asked.of(examples("test"), Vocabulary.of(examples()))
    with one_thread():
        return ask(training.together, [tested] * count, torch.from_numpy(MATERIAL.regions))


def same(one: Together, place: int, other: Together, there: int) -> bool:
    """Whether two models have the same bits."""
    return all(
        torch.equal(each[place], other.parameters[name][there])
        for name, each in one.parameters.items()
    )


@pytest.mark.parametrize("batch", [16, 48, 64])
@pytest.mark.parametrize("weights", [WEIGHTS, PLAIN, Weights()])
def test_a_seed_has_the_same_bits_whichever_are_trained_beside_it(
    batch: int, weights: Weights
) -> None:
    recipe = replace(SHORT, batch=batch)
    many = trained(*(lesson(seed) for seed in range(5)), recipe=recipe, weights=weights)
    for seeds in ((1,), (3, 1), (0, 1, 2)):
        some = trained(*(lesson(seed) for seed in seeds), recipe=recipe, weights=weights)
        assert same(many.together, 1, some.together, seeds.index(1))
        one, other = said(many, 5), said(some, len(seeds))
        assert np.array_equal(one.answer[1], other.answer[seeds.index(1)])
        assert np.array_equal(one.confidence[1], other.confidence[seeds.index(1)])
        assert [loss[1] for loss in many.losses] == [loss[seeds.index(1)] for loss in some.losses]


def test_how_many_threads_torch_has_changes_no_bit() -> None:
    before = torch.get_num_threads()
    one = trained(lesson(0), lesson(1))
    try:
        torch.set_num_threads(4)
        other = trained(lesson(0), lesson(1))
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)
    assert same(one.together, 0, other.together, 0)
    assert same(one.together, 1, other.together, 1)


def test_seeds_differ_from_each_other() -> None:
    training = trained(lesson(0), lesson(1))
    assert not same(training.together, 0, training.together, 1)


def test_training_leaves_the_callers_random_state_alone() -> None:
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    trained(lesson(0))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("weights", [WEIGHTS, PLAIN])
def test_a_seed_that_diverges_leaves_the_others_their_bits(weights: Weights) -> None:
    spoilt = lesson(1)
    spoilt = replace(spoilt, weight=np.where(np.arange(len(spoilt)) == 7, np.nan, spoilt.weight))
    training = trained(lesson(0), spoilt, lesson(2), weights=weights)
    assert training.diverged.tolist() == [False, True, False]
    assert same(training.together, 2, trained(lesson(2), weights=weights).together, 0)


@pytest.mark.parametrize("weights", [WEIGHTS, PLAIN, Weights()])
def test_gradients_are_those_of_each_model_by_itself(weights: Weights) -> None:
    lessons, regions = (lesson(0), lesson(2)), torch.from_numpy(MATERIAL.regions)
    together = Together.begin(sizes(), lessons)
    drawn = [each.draws()(64) for each in lessons]
    part = {name: torch.stack([each[name][0] for each in drawn]) for name in drawn[0]}
    seen = regions[part["image"].clamp_min(0)]

    gradients, (minimised, loss) = _step(together.model, weights)(
        together.parameters, together.buffers, seen, part
    )

    for place, each in enumerate(lessons):
        model = FusionModel(sizes(), torch.Generator().manual_seed(each.seed))
        model.salience.copy_(each.salience)
        own = {name: value[place] for name, value in part.items()}
        found = model(seen[place], own["words"], own["no_image"], own["no_text"])
        total, lost = loss_of(found, own, weights)
        total.backward()
        torch.testing.assert_close(minimised[place], total.detach())
        torch.testing.assert_close(loss[place], lost)
        for name, parameter in model.named_parameters():
            expected = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            torch.testing.assert_close(gradients[name][place], expected)


def test_training_ends_early_where_every_seed_diverged() -> None:
    training = trained(lesson(0), recipe=replace(SHORT, epochs=9, learning_rate=1e30))
    assert training.diverged.all()
    assert len(training.losses) < 9


def test_what_is_raised_after_an_epoch_ends_the_training() -> None:
    def refuse(training: Training) -> None:
        raise RuntimeError(f"{training.done} of {training.epochs}")

    with pytest.raises(RuntimeError, match="1 of 2"):
        train_together(
            [lesson(0)], sizes(), torch.from_numpy(MATERIAL.regions), SHORT, WEIGHTS, refuse
        )


def test_a_training_goes_on_from_the_state_of_an_earlier_one() -> None:
    recipe, lessons = replace(SHORT, epochs=3), (lesson(0), lesson(2))
    regions = torch.from_numpy(MATERIAL.regions)
    whole = trained(*lessons, recipe=recipe)
    states = []

    def keep(training: Training) -> None:
        if training.done == 2:
            state = {name: each.clone() for name, each in training.state().items()}
            states.append((state, [each.tolist() for each in training.losses]))

    train_together(lessons, sizes(), regions, recipe, WEIGHTS, keep)
    [(state, losses)] = states

    def go_on(training: Training) -> None:
        training.go_on(state, losses)

    later = train_together(lessons, sizes(), regions, recipe, WEIGHTS, before=go_on)
    assert same(whole.together, 0, later.together, 0)
    assert same(whole.together, 1, later.together, 1)
    assert np.array_equal(whole.losses, later.losses)
    with pytest.raises(ValueError, match="other models"):
        train_together(lessons[:1], sizes(), regions, recipe, WEIGHTS, before=go_on)
    with pytest.raises(ValueError, match="other models"):
        train_together(lessons, sizes(), regions, SHORT, WEIGHTS, before=lambda training: (
            training.go_on(state, losses * 2)
        ))  # fmt: skip


def test_few_samples_are_seen_more_often_and_in_smaller_batches() -> None:
    recipe = Recipe(epochs=5, batch=64, least_steps=1200, most_epochs=60)
    assert recipe.batch_of(1) == 16
    assert recipe.batch_of(500) == 32
    assert recipe.batch_of(50_000) == 64
    assert recipe.epochs_of(1) == 60
    assert recipe.epochs_of(50_000) == 5
    assert 500 / 32 * recipe.epochs_of(500) > 900


def test_the_rate_rises_once_and_falls_to_nearly_nothing() -> None:
    recipe = Recipe()
    rates = [recipe.rate(done) for done in np.linspace(0, 1, 101)]
    assert max(rates) == pytest.approx(recipe.learning_rate, rel=1e-3)
    assert int(np.argmax(rates)) == 25
    assert rates[-1] < 1e-3 * recipe.learning_rate


def test_one_sample_is_enough_to_train_on() -> None:
    one = examples()
    only = Examples(
        one.row[:1], one.questions[:1], one.answers[:1], one.image[:1], one.weight[:1],
        one.text_blank[:1],
    )  # fmt: skip
    looked_at = MATERIAL.looked_at
    assert looked_at is not None
    vocabulary = Vocabulary.of(only)
    learnt = lesson_of(only, vocabulary, 0, Shown(), looked_at[:1], (2, 2))
    small = Sizes(4, 6, len(vocabulary.words) + 1, 1, vocabulary.length)
    training = train_together([learnt], small, torch.from_numpy(MATERIAL.regions), SHORT, Weights())
    assert np.isfinite(training.losses).all()


def test_an_epoch_shows_every_sample_once_and_fills_the_last_batch_without_weight() -> None:
    learnt = lesson(0, Shown())
    drawn = learnt.draws()(64)
    assert drawn["words"].shape[:2] == (4, 64)
    assert drawn["counted"].sum() == len(learnt)
    assert not drawn["weight"][drawn["counted"] == 0].any()
    shown = drawn["image"][drawn["counted"] > 0]
    assert sorted(shown.tolist()) == sorted(learnt.image.tolist())
    torch.testing.assert_close(drawn["weight"].sum(1), torch.ones(4))


def test_blanking_more_changes_no_order_and_blanks_the_same_samples_too() -> None:
    less, more = (lesson(0, Shown(share)).draws()(64) for share in (0.2, 0.5))
    assert torch.equal(less["image"], more["image"])
    assert (less["no_image"] <= more["no_image"]).all()
    assert 0.4 < more["no_image"].mean().item() < 0.6
    assert not more["looked"][more["no_image"] > 0].any()


def test_draws_go_on_after_epochs_that_were_drawn_before() -> None:
    learnt = lesson(3, Shown(0.3, 0.2, variations=2, pictures=len(MATERIAL.regions)))
    draw = learnt.draws()
    drawn = [draw(64) for _ in range(4)]
    later = learnt.draws(3)(64)
    assert later.keys() == drawn[3].keys()
    assert all(torch.equal(each, drawn[3][name]) for name, each in later.items())


def test_wordings_and_variations_are_drawn_anew_each_epoch() -> None:
    draw = lesson(0, Shown(variations=2, pictures=len(MATERIAL.regions))).draws()
    first, second = draw(64), draw(64)
    kinds = {int(n) for n in (first["image"] // len(MATERIAL.regions)).unique()}
    assert kinds == {0, 1, 2}
    assert not torch.equal(first["image"], second["image"])
    longest = (first["words"] > 0).sum(-1)
    assert len(longest.unique()) > 2


def test_words_and_answers_that_training_never_had_are_unknown() -> None:
    vocabulary = Vocabulary.of(examples())
    ids = vocabulary.encode(["What hue is the mark?", ""])
    assert ids[0, 1] == 0
    assert ids[0, 0] > 0
    assert not ids[1].any()
    assert Asked.of(examples("test", questions=(("zyzzyva",),) * 45), vocabulary).no_text.all()


def test_a_box_in_the_middle_is_neither_left_nor_right() -> None:
    looked_at = np.array([[0.5, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=float)
    side, weight = sides(looked_at, (2, 2))
    assert weight.tolist() == [[0, 1], [1, 1], [0, 0]]
    assert side[1].tolist() == [1, 0]
