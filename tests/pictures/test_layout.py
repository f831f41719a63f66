"""The layered layout of boxes."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from kgraph.pictures.layout import Bend, Gaps, Layout, Size, layered, longest_paths, uncrossed, with_bends

GAPS = Gaps(beside=10, below=20, bend=4)


def drawn_at_random(seed: int) -> tuple[dict[int, Size], list[tuple[int, int]]]:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 40))
    sizes = {key: Size(*map(float, rng.integers(5, 90, size=2))) for key in range(count)}
    pairs = rng.integers(0, count, size=(2 * count, 2))
    return sizes, [(int(a), int(b)) for a, b in pairs if a < b]


def overlaps(layout: Layout, sizes: dict[int, Size]) -> list[tuple[int, int]]:
    def apart(a: int, b: int) -> bool:
        return any(
            layout.corners[a][axis] + sizes[a][axis] <= layout.corners[b][axis] + 1e-9
            or layout.corners[b][axis] + sizes[b][axis] <= layout.corners[a][axis] + 1e-9
            for axis in (0, 1)
        )

    return [pair for pair in combinations(sizes, 2) if not apart(*pair)]


@pytest.mark.parametrize("seed", range(25))
def test_boxes_do_not_overlap_and_lie_inside_and_edges_run_down(seed: int) -> None:
    sizes, edges = drawn_at_random(seed)
    layout = layered(sizes, edges, GAPS)
    assert overlaps(layout, sizes) == []
    for key, (x, y) in layout.corners.items():
        assert x >= -1e-9 and x + sizes[key].width <= layout.size.width + 1e-9
        assert y >= -1e-9 and y + sizes[key].height <= layout.size.height + 1e-9
    assert layout.routes.keys() == set(edges)
    for (source, target), points in layout.routes.items():
        assert points[0][1] == layout.corners[source][1] + sizes[source].height
        assert points[-1][1] == layout.corners[target][1]
        assert all(upper[1] <= lower[1] for upper, lower in pairwise(points))


@pytest.mark.parametrize("seed", range(5))
def test_edges_pass_between_the_boxes_of_the_rows_that_they_cross(seed: int) -> None:
    sizes, edges = drawn_at_random(seed)
    layout = layered(sizes, edges, GAPS)
    for points in layout.routes.values():
        for x, y in points[1:-1]:
            inside = [
                key
                for key, (left, top) in layout.corners.items()
                if left < x < left + sizes[key].width and top < y < top + sizes[key].height
            ]
            assert inside == []


def test_the_same_boxes_are_laid_out_the_same() -> None:
    assert layered(*drawn_at_random(3), GAPS) == layered(*drawn_at_random(3), GAPS)


def test_a_chain_is_straight() -> None:
    sizes = {key: Size(20.0 + key, 10.0) for key in range(5)}
    layout = layered(sizes, list(pairwise(range(5))), GAPS)
    assert np.ptp([layout.corners[key][0] + sizes[key].width / 2 for key in sizes]) < 1e-9


def test_nothing_to_lay_out_has_no_extent() -> None:
    assert layered({}, [], GAPS) == Layout({}, {}, Size(0.0, 0.0))


def test_a_box_stands_below_its_lowest_source_and_a_leaf_just_above_its_highest_reader() -> None:
    rows = longest_paths("adbc", [("a", "b"), ("b", "c"), ("d", "c"), ("a", "c")])
    assert rows == {"a": 0, "b": 1, "c": 2, "d": 1}


def test_edges_of_one_source_share_the_place_where_they_pass_a_row() -> None:
    rows, _ = with_bends({"a": 0, "b": 1, "c": 2, "d": 2}, [("a", "b"), ("a", "c"), ("a", "d")])
    assert rows[1] == ["b", Bend("a", 1)]


def test_links_that_need_not_cross_do_not() -> None:
    rows = uncrossed([["a", "b"], ["c", "d"]], [("a", "d"), ("b", "c")])
    assert rows in ([["a", "b"], ["d", "c"]], [["b", "a"], ["c", "d"]])


def test_first_and_last_stand_alone_above_and_below_all_others() -> None:
    sizes = {key: Size(10.0, 10.0) for key in "iabo"}
    layout = layered(sizes, [("i", "b"), ("a", "b"), ("a", "o")], GAPS, first="i", last="o")
    tops = {key: corner[1] for key, corner in layout.corners.items()}
    assert tops["i"] < tops["a"] < tops["b"] < tops["o"]
