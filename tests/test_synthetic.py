from __future__ import annotations

import math
import multiprocessing
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fissura import processes
from fissura.data.synthetic import (
    AS_IT_IS,
    SURFACES,
    Camera,
    Scene,
    draw,
    masonry,
    synthetic_cracks,
    synthetic_scenes,
)
from fissura.data.synthetic.clutter import CLUTTER
from fissura.data.synthetic.cracks import CRACKS
from fissura.data.synthetic.distractors import MARKS, OBJECTS
from fissura.data.synthetic.growth import Ground
from fissura.data.synthetic.masonry import Joints, Laying
from fissura.data.synthetic.noise import KINDS, field
from fissura.data.synthetic.paths import drawn_to
from fissura.data.synthetic.strokes import Stroke, draw_strokes, resampled
from fissura.data.synthetic.view import View, random_view
from fissura.errors import SettingsError

SIZE = (96, 112)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw(12, index, SIZE) for index in range(60)]


def straight(width: float, angle: float, size_hw: tuple[int, int]) -> Stroke:
    middle = np.array(size_hw) / 2 + 0.3
    along = 140 * np.array([math.sin(angle), math.cos(angle)])
    half = np.full(2, width / 2)
    return resampled(Stroke(np.stack([middle - along, middle + along]), half, half), 1.0)


def same(one: Scene, other: Scene) -> bool:
    return (
        np.array_equal(one.image, other.image)
        and np.array_equal(one.mask, other.mask)
        and np.array_equal(one.width_px, other.width_px)
        and (one.surface, one.distractors, one.camera) == (other.surface, other.distractors, other.camera)
    )


def test_the_same_seed_and_index_give_the_same_bytes(scenes: list[Scene]) -> None:
    assert same(draw(12, 7, SIZE), scenes[7])
    assert not np.array_equal(draw(13, 7, SIZE).image, scenes[7].image)


def test_a_scene_does_not_depend_on_which_were_drawn_before(scenes: list[Scene]) -> None:
    backwards = [draw(12, index, SIZE) for index in (20, 19, 3)]
    assert all(same(one, scenes[index]) for one, index in zip(backwards, (20, 19, 3), strict=True))


def test_every_second_scene_is_cracked_and_shows_it(scenes: list[Scene]) -> None:
    assert [scene.cracked for scene in scenes] == [index % 2 == 1 for index in range(len(scenes))]
    assert all(scene.cracks for scene in scenes[1::2])
    assert not any(scene.cracks for scene in scenes[::2])
    assert min(int(scene.mask.sum()) for scene in scenes[1::2]) >= 0.2 * min(SIZE)


@pytest.mark.parametrize("width", [0.7, 1.0, 1.6, 3.0, 7.5, 30.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, math.pi / 4, 1.2, math.pi / 2])
def test_the_area_of_a_straight_line_is_its_length_times_its_width(width: float, angle: float) -> None:
    coverage = draw_strokes([straight(width, angle, (128, 128))], (128, 128)).coverage
    steep = abs(math.sin(angle)) > math.cos(angle)
    across = coverage.sum(axis=1 if steep else 0)[40:88]
    measured = across * (abs(math.sin(angle)) if steep else math.cos(angle))
    assert float(np.abs(measured - width).max()) < 0.05


@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 4])
def test_width_and_distance_are_those_of_the_line(angle: float) -> None:
    drawn = draw_strokes([straight(6.0, angle, (64, 64))], (64, 64), reach=4.0)
    near = drawn.owner >= 0
    assert np.allclose(drawn.width[near], 6.0, atol=1e-4)
    assert np.allclose(drawn.edge[near], np.abs(drawn.offset[near]) - 3.0, atol=1e-3)
    rows, columns = np.mgrid[:64, :64]
    beside = (columns - 32.3) * math.sin(angle) - (rows - 32.3) * math.cos(angle)
    assert np.allclose(np.abs(drawn.offset[near]), np.abs(beside[near]), atol=1e-3)


def test_left_and_right_are_on_their_sides() -> None:
    right_down = Stroke(np.array([[10.0, -5.0], [10.0, 40.0]]), np.full(2, 1.0), np.full(2, 4.0))
    coverage = draw_strokes([resampled(right_down, 1.0)], (32, 32)).coverage
    assert coverage[:, 16].nonzero()[0].tolist() in (list(range(6, 12)), list(range(9, 15)))


def test_the_heading_points_away_from_the_line() -> None:
    drawn = draw_strokes([straight(4.0, 0.0, (64, 64))], (64, 64), reach=5.0)  # along the columns, at row 32.3
    assert np.allclose(np.sin(drawn.heading[36, 10:50]), 1.0, atol=1e-3)
    assert np.allclose(np.sin(drawn.heading[29, 10:50]), -1.0, atol=1e-3)


def test_a_line_keeps_its_place_when_its_image_is_resized() -> None:
    drawn = draw_strokes([straight(4.0, 0.6, (64, 64)).resized((64, 64), (128, 128))], (128, 128))
    small = draw_strokes([straight(4.0, 0.6, (64, 64))], (64, 64)).coverage
    assert np.abs(drawn.coverage.reshape(64, 2, 64, 2).mean(axis=(1, 3)) - small).max() < 0.02


def test_a_point_given_twice_changes_nothing() -> None:
    once = straight(3.0, 0.4, (64, 64))
    twice = Stroke(*(np.repeat(each, 2, axis=0) for each in (once.points, once.left, once.right)))
    one, other = (draw_strokes([each], (64, 64), reach=6.0) for each in (once, twice))
    assert np.array_equal(one.coverage, other.coverage)


def test_no_strokes_cover_nothing() -> None:
    drawn = draw_strokes([], (16, 16))
    assert drawn.coverage.max() == 0
    assert drawn.owner.max() == -1


def test_mask_and_width_are_where_the_crack_is(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert np.array_equal(scene.width_px > 0, scene.mask)
        assert scene.mask[scene.coverage > 0.5].all()
        assert scene.mask.sum() <= 2.2 * scene.coverage.sum() + 2 * sum(SIZE)
        assert scene.width_px.max() <= 0.5 * min(SIZE)
        assert scene.image.shape == scene.mask.shape == scene.width_px.shape == scene.coverage.shape == SIZE


def test_a_thin_crack_has_no_mask_in_a_gap_that_is_black_without_it() -> None:
    dark = []
    for index in range(1, 30, 2):
        scene, twin = (
            draw(3, index, SIZE, crack, "dry stone", distractors=False, camera=AS_IT_IS) for crack in (True, False)
        )
        thin = scene.mask & (scene.width_px < 2.5)
        dark.append(float((twin.image[thin] < 0.28 * twin.image.mean()).mean()) if thin.any() else 0.0)
    assert max(dark) < 0.05


def test_every_crack_can_be_told_from_its_wall() -> None:
    """What a crack changes of its picture is more than what the eye overlooks, in nearly every scene."""
    changes = []
    for index in range(1, 120, 2):
        scene, twin = (draw(31, index, (160, 160), crack) for crack in (True, False))
        changes.append(float(np.abs(scene.image.astype(float) - twin.image)[scene.mask].mean()))
    assert np.quantile(changes, 0.05) > 6
    assert np.median(changes) > 20


def test_the_centre_line_runs_through_the_mask_with_its_width() -> None:
    checked = 0
    for index in range(1, 60, 2):
        scene = draw(3, index, SIZE, distractors=False, surfaces=("fine concrete", "plaster", "asphalt"))
        if len(scene.cracks) != 1:
            continue
        points = scene.cracks[0].points
        row, column = np.rint(points[:, 0]).astype(int), np.rint(points[:, 1]).astype(int)
        seen = (row >= 0) & (row < SIZE[0]) & (column >= 0) & (column < SIZE[1]) & (points[:, 2] > 1.0)
        row, column, width = row[seen], column[seen], points[seen, 2]
        if len(row) < 20:
            continue
        inside = scene.mask[row, column]
        assert inside.mean() > 0.9  # a point may lie in a pixel's corner, 0.7 px from its centre
        assert abs(float(np.median(scene.width_px[row, column][inside] / width[inside])) - 1) < 0.1
        checked += 1
    assert checked >= 3


def test_the_twin_without_crack_is_the_same_outside_of_it() -> None:
    compared = 0
    for index in range(1, 24, 2):
        with_it, without = draw(5, index, SIZE, crack=True), draw(5, index, SIZE, crack=False)
        assert (with_it.surface, with_it.distractors, with_it.camera) == (
            without.surface,
            without.distractors,
            without.camera,
        )
        changed = with_it.image.astype(int) - without.image
        far = _distance(with_it) > 40  # rim and damp, blur, the 8 px of JPEG, all enlarged
        assert np.abs(changed[far]).max(initial=0) == 0
        compared += int(far.sum())
    assert compared > 10_000


def test_before_the_camera_a_crack_changes_only_its_surroundings() -> None:
    for index in range(1, 40, 2):
        one, other = (draw(5, index, SIZE, crack=crack, camera=AS_IT_IS, distractors=False) for crack in (True, False))
        far = _distance(one) > 10
        assert np.array_equal(one.image[far], other.image[far])


def _distance(scene: Scene) -> np.ndarray[Any, Any]:
    """Of each pixel to the nearest edge of a crack, also of one that runs just outside of the image or is hidden."""
    from scipy.spatial import cKDTree

    points = np.concatenate([crack.points for crack in scene.cracks])
    points = points[points[:, 2] > 0]
    pixels = np.stack(np.mgrid[: scene.mask.shape[0], : scene.mask.shape[1]], axis=-1).reshape(-1, 2)
    apart, _ = cKDTree(points[:, :2]).query(pixels)
    return np.asarray(apart).reshape(scene.mask.shape) - points[:, 2].max()


def test_a_crack_is_darker_or_brighter_than_the_same_wall_without_it() -> None:
    differences = []
    for index in range(1, 60, 2):
        one, other = (draw(8, index, SIZE, crack=crack, camera=AS_IT_IS) for crack in (True, False))
        inside = one.coverage > 0.8
        if inside.any():
            differences.append(float((one.image[inside].astype(float) - other.image[inside]).mean()))
    assert np.abs(differences).min() > 2
    assert np.mean(np.array(differences) < 0) > 0.8


def statistics(image: np.ndarray[Any, Any]) -> list[float]:
    grey = image.astype(float)
    down, right = np.diff(grey, axis=0), np.diff(grey, axis=1)
    spread = np.percentile(grey, [1, 5, 25, 50, 75, 95, 99])
    fine = np.abs(np.fft.rfft2(grey - grey.mean())) ** 2
    bands = [np.log(fine[k : k + 8, k : k + 8].mean() + 1) for k in (1, 9, 17, 25)]
    return [grey.mean(), grey.std(), np.abs(down).mean(), np.abs(right).mean(), np.abs(down).std(), *spread, *bands]


def test_nothing_but_the_crack_tells_the_classes_apart() -> None:
    """A forest on global statistics of the cracked scenes drawn without their cracks is at chance."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_predict

    features = np.array([statistics(draw(21, index, (64, 64), crack=False).image) for index in range(400)])
    labels = np.arange(400) % 2
    guessed = cross_val_predict(RandomForestClassifier(100, random_state=0), features, labels, cv=5)
    # 400 throws of a coin leave 0.43 to 0.57 once in 200 times
    assert abs(float((guessed == labels).mean()) - 0.5) < 0.07


def test_distractors_and_surfaces_are_as_frequent_on_intact_as_on_cracked_walls() -> None:
    scenes = [draw(22, index, (32, 32)) for index in range(600)]
    for names in (lambda scene: [scene.surface], lambda scene: scene.distractors):
        counts = [
            [sum(name in names(scene) for scene in scenes[part::2]) for name in (*SURFACES, *MARKS, *OBJECTS)]
            for part in (0, 1)
        ]
        intact, cracked = np.array(counts)
        assert np.abs(intact - cracked).max() < 4 * np.sqrt(np.maximum(intact + cracked, 9).max())


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_can_be_asked_for(surface: str) -> None:
    scene = draw(1, 1, (64, 80), surface=surface)
    assert scene.surface == surface
    assert scene.cracked
    assert scene.image.std() > 1


def test_surfaces_left_out_are_not_drawn() -> None:
    kept = tuple(name for name in SURFACES if name != "brick")
    drawn = synthetic_scenes(60, (32, 32), surfaces=kept)
    assert "brick" not in drawn.surfaces
    assert len(set(drawn.surfaces)) > 5


@pytest.mark.parametrize("name", [*MARKS, *OBJECTS])
def test_every_distractor_changes_a_picture_and_leaves_numbers(name: str) -> None:
    view = random_view(SIZE, np.random.default_rng(4))
    wall = np.full(SIZE, 0.5, dtype=np.float32)
    changed = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        made = MARKS[name](wall, view, random) if name in MARKS else OBJECTS[name](view, 0.5, random).over(wall)
        assert np.isfinite(made).all()
        changed += int(np.abs(made - wall).max() > 0.02)
    assert changed >= 4


@pytest.mark.parametrize("name", CLUTTER)
def test_clutter_changes_a_picture_and_leaves_numbers(name: str) -> None:
    random = np.random.default_rng(3)
    view = random_view(SIZE, random)
    light = np.full(SIZE, 0.5, dtype=np.float32)
    pictures = [CLUTTER[name](view, 0.5, random).over(light) for _ in range(6)]
    assert all(np.isfinite(picture).all() and picture.min() >= 0 for picture in pictures)
    assert sum(float(np.abs(picture - light).max()) > 0.05 for picture in pictures) >= 4


def test_clutter_stands_before_four_walls_of_ten_cracked_or_not_and_the_rest_is_as_without() -> None:
    numbers = range(80)
    with_it = [draw(12, number, (64, 64), clutter=True) for number in numbers]
    without = [draw(12, number, (64, 64)) for number in numbers]
    strewn = [bool(set(scene.distractors) & set(CLUTTER)) for scene in with_it]
    assert 0.25 < np.mean(strewn[::2]) < 0.6
    assert 0.25 < np.mean(strewn[1::2]) < 0.6
    for one, other, is_strewn in zip(with_it, without, strewn, strict=True):
        assert (one.surface, one.camera) == (other.surface, other.camera)
        assert [each for each in one.distractors if each not in CLUTTER] == list(other.distractors)
        assert is_strewn or same(one, other)
        assert not set(other.distractors) & set(CLUTTER)


def test_a_gaping_crack_is_a_wide_dark_band() -> None:
    widest, darkness = [], []
    for index in range(1, 361, 2):
        scene = draw(77, index, surface="fine concrete", distractors=False)
        if scene.cracks[0].kind == "gaping":
            widest.append(float(scene.width_px.max()))
            darkness.append(float(scene.image[scene.mask].mean() / scene.image[~scene.mask].mean()))
    assert len(widest) > 5
    assert 50 < max(widest) < 80
    assert np.median(widest) > 30
    assert np.median(darkness) < 0.6


@pytest.mark.parametrize("kind", CRACKS)
def test_every_kind_of_crack_has_widths_in_bounds(kind: str) -> None:
    view = random_view((224, 224), np.random.default_rng(1), flat=True)
    for seed in range(5):
        strokes = CRACKS[kind](Ground(view, 2.0, None, (0.7, 30.0)), np.random.default_rng(seed))
        widths = np.concatenate([stroke.width for stroke in strokes])
        assert widths.min() >= 0
        assert widths.max() <= 80
        assert widths.max() > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_noise_of_a_kind_has_its_mean_and_deviation(kind: str) -> None:
    view = random_view((224, 224), np.random.default_rng(2))
    pieces = [field(view, kind, np.random.default_rng(seed)) for seed in range(8)]
    together = np.concatenate([piece.ravel() for piece in pieces])
    assert np.isfinite(together).all()
    if kind.startswith("cell"):
        assert together.min() >= 0
        assert together.max() <= 1.7
    else:
        assert abs(float(together.mean())) < 0.4
        assert 0.6 < float(together.std()) < 1.3


def test_noise_fills_a_picture_of_any_size() -> None:
    view = random_view((900, 1300), np.random.default_rng(3))
    assert field(view, "rough", np.random.default_rng(0)).std() > 0.7


def test_points_go_to_the_wall_and_come_back() -> None:
    view = random_view(SIZE, np.random.default_rng(6))
    points = np.random.default_rng(0).uniform(0, 96, (20, 2))
    assert np.allclose(view.in_image(view.on_wall(points)), points)
    row, column = view.wall
    assert np.allclose(view.on_wall(np.array([[5.0, 9.0]]))[0], [row[5, 9], column[5, 9]], atol=1e-3)


def test_magnification_is_the_root_of_the_change_of_area() -> None:
    view = random_view(SIZE, np.random.default_rng(9))
    assert not np.allclose(view.to_wall[2, :2], 0)
    corner = np.array([[40.0, 50.0], [40.1, 50.0], [40.0, 50.1]])
    wall = view.on_wall(corner)
    area = abs(np.linalg.det(wall[1:] - wall[0])) / 0.01
    assert view.magnification(corner[:1])[0] == pytest.approx(1 / math.sqrt(area), rel=1e-2)


def test_a_camera_that_does_nothing_leaves_the_level() -> None:
    scene = draw(2, 0, SIZE, surface="plaster", distractors=False, camera=Camera(exposure=0.6))
    assert abs(float(scene.image.mean()) - 0.6 * 255) < 4


def test_an_enlarged_picture_has_its_truth_at_the_final_size() -> None:
    scene = draw(4, 1, SIZE, surface="plaster", distractors=False, camera=Camera(zoom=2.0))
    without = draw(4, 1, SIZE, surface="plaster", distractors=False, camera=Camera(zoom=2.0), crack=False)
    assert scene.mask.shape == scene.image.shape == SIZE
    changed = np.abs(scene.image.astype(float) - without.image)
    assert changed[scene.mask].mean() > 5 * changed[~scene.mask].mean()


def test_a_set_is_half_cracked_named_and_said_to_be_drawn() -> None:
    images = synthetic_cracks(10, (48, 64))
    assert images.classes == ("intact", "crack")
    assert images.counts == (5, 5)
    assert images.positive == 1
    assert images.names[9] == "synthetic-000009"
    assert "synthetic" in images.origin
    assert images.size_hw == (48, 64)


def test_a_larger_set_begins_with_the_smaller_one() -> None:
    small, large = synthetic_scenes(5, (32, 32)), synthetic_scenes(9, (32, 32))
    assert np.array_equal(large.images.images[:5], small.images.images)
    assert np.array_equal(large.masks[:5], small.masks)
    assert large.surfaces[:5] == small.surfaces


def test_masks_lie_on_cracked_images_only() -> None:
    drawn = synthetic_scenes(12, (48, 48))
    assert drawn.masks.any(axis=(1, 2)).tolist() == [bool(label) for label in drawn.images.labels]
    assert np.array_equal(drawn.widths_px > 0, drawn.masks)


def test_processes_draw_the_same_bytes() -> None:
    told: list[tuple[int, int | None]] = []
    alone = synthetic_scenes(70, (32, 32), workers=1)
    together = synthetic_scenes(70, (32, 32), workers=2, on_progress=lambda done, total: told.append((done, total)))
    assert alone.images.fingerprint == together.images.fingerprint
    assert np.array_equal(alone.masks, together.masks)
    assert told == [(32, 70), (64, 70), (70, 70)]


def test_where_no_process_can_be_started_it_draws_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, *_: Any, **__: Any) -> None:
            raise BrokenProcessPool("no processes here")

    monkeypatch.setattr(processes, "ProcessPoolExecutor", Broken)
    drawn = synthetic_cracks(40, (32, 32), workers=2)
    assert drawn.fingerprint == synthetic_cracks(40, (32, 32), workers=1).fingerprint
    assert multiprocessing.parent_process() is None


def test_what_cannot_be_drawn_is_refused_in_a_sentence() -> None:
    with pytest.raises(SettingsError, match="nearest name is brick"):
        draw(1, 0, surface="bricks")
    with pytest.raises(SettingsError, match="at least 32 px"):
        draw(1, 0, (16, 224))
    with pytest.raises(SettingsError, match="whole numbers from 0"):
        draw(-1, 0)
    with pytest.raises(SettingsError, match="No surface is left"):
        draw(1, 0, surfaces=())
    with pytest.raises(SettingsError, match="wanted at least 1"):
        synthetic_cracks(0)


@pytest.mark.parametrize("bond", [0.0, 1 / 6])
@pytest.mark.parametrize("loose", [0.0, 0.2])
def test_the_corners_of_a_bond_lie_in_its_mortar(bond: float, loose: float) -> None:
    view = random_view((300, 300), np.random.default_rng(0), flat=True)
    joints = Joints(30.0, 70.0, 6.0, 0.5, (4.0, 11.0), bond, loose, 1.3)
    wall = masonry.grid(view, joints, Laying(0.0, 0.0), np.random.default_rng(0))
    corners = [view.in_image(joints.corner(c, j)[None])[0] for c in range(-6, 7) for j in range(-9, 9)]
    inside = [np.rint(corner).astype(int) for corner in corners if (corner > 5).all() and (corner < 294).all()]
    assert len(inside) > 25
    assert all(wall.mortar[row, column] == 1 for row, column in inside)
    assert wall.mortar.mean() == pytest.approx(1 - (24 / 30) * (64 / 70), abs=0.03)


def test_each_piece_of_a_bond_has_one_value() -> None:
    view = random_view((200, 200), np.random.default_rng(0), flat=True)
    joints = Joints(40.0, 80.0, 6.0, 0.5, (0.0, 0.0), loose=0.1)
    wall = masonry.grid(view, joints, Laying(0.0, 0.0), np.random.default_rng(0))
    pieces, count = ndimage.label(wall.mortar == 0)
    assert 10 < count < 30
    assert all(np.ptp(wall.value[pieces == piece]) < 1e-3 for piece in range(1, count + 1))


def test_an_opened_joint_keeps_to_the_bed() -> None:
    view = random_view((224, 224), np.random.default_rng(1), flat=True)
    joints = Joints(40.0, 90.0, 8.0, 0.5, (0.0, 0.0))
    near = []
    for seed in range(12):
        points = CRACKS["opened joint"](Ground(view, 2.0, joints, (0.7, 30.0)), np.random.default_rng(seed))[0].points
        row = view.on_wall(points)[:, 0] / 40.0
        near.append(float((np.abs(row - np.rint(row)) * 40.0 <= 6.0).mean()))
    assert np.median(near) > 0.95


def test_a_way_drawn_to_a_seam_follows_it() -> None:
    seam = np.zeros((100, 100))
    seam[56:59] = 1.0
    way = np.stack([np.full(80, 50.0), np.linspace(5, 95, 80)], axis=1)
    moved = drawn_to(way, seam, 12.0, np.random.default_rng(0))
    assert np.abs(moved[10:-10, 0] - 57).max() < 3
    assert np.allclose(moved[:, 1], way[:, 1], atol=1e-6)


def test_the_flat_view_is_the_wall_itself() -> None:
    view: View = random_view((32, 48), np.random.default_rng(0), flat=True)
    row, column = view.wall
    assert np.allclose(np.diff(row, axis=0), 1)
    assert np.allclose(np.diff(column, axis=1), 1)
