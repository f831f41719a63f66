"""The handwritten digits that ship with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kgraph.datasets import digits


def test_shapes_and_dtypes_are_as_in_keras() -> None:
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (x_train.shape, x_train.dtype) == ((1437, 8, 8), np.uint8)
    assert (y_train.shape, y_train.dtype) == ((1437,), np.int64)
    assert (x_test.shape, x_test.dtype) == ((360, 8, 8), np.uint8)
    assert (y_test.shape, y_test.dtype) == ((360,), np.int64)


def test_pixels_go_from_0_to_16() -> None:
    for images, _ in digits.load_data():
        assert (images.min(), images.max()) == (0, 16)


def test_the_numbers_are_those_of_the_source() -> None:
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    # Counts and the sum of all pixels, taken from the source file.
    assert np.bincount([*y_train, *y_test]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert int(x_train.sum(dtype=np.int64) + x_test.sum(dtype=np.int64)) == 561718


def test_both_parts_hold_every_digit_in_like_shares() -> None:
    (_, y_train), (_, y_test) = digits.load_data()
    train_share = np.bincount(y_train, minlength=10) / len(y_train)
    test_share = np.bincount(y_test, minlength=10) / len(y_test)
    np.testing.assert_allclose(test_share, train_share, atol=0.005)


def test_no_image_stands_in_both_parts() -> None:
    (x_train, _), (x_test, _) = digits.load_data()
    assert not {image.tobytes() for image in x_train} & {image.tobytes() for image in x_test}


def test_an_image_looks_like_its_label() -> None:
    """Nearest class mean is a weak classifier, and far above one in ten only if images and labels belong together."""
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    means = np.stack([x_train[y_train == digit].mean(axis=0) for digit in range(10)])
    distances = ((x_test[:, None].astype(float) - means) ** 2).sum(axis=(2, 3))
    assert (distances.argmin(axis=1) == y_test).mean() > 0.85


def test_the_last_tenth_of_the_training_part_is_mixed() -> None:
    """``validation_split=0.1`` takes it."""
    (_, y_train), _ = digits.load_data()
    assert np.bincount(y_train[-len(y_train) // 10 :], minlength=10).min() >= 5


def test_a_change_by_the_caller_does_not_reach_the_next_caller() -> None:
    (first, _), _ = digits.load_data()
    first[:] = 0
    (second, _), _ = digits.load_data()
    assert second.max() == 16


def test_the_file_is_small_and_its_licence_lies_beside_it() -> None:
    folder = Path(digits.__file__).parent
    assert (folder / "digits.npz").stat().st_size <= 100_000
    assert "CC BY 4.0" in (folder / "README.md").read_text(encoding="utf-8")
