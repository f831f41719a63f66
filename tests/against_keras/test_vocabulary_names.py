"""The list of Keras's names in the repository is that of the Keras it names."""

from __future__ import annotations

import make_vocabulary
import pytest
from sides import keras

pytestmark = pytest.mark.keras


def test_the_list_of_names_is_that_of_installed_keras():
    installed = ".".join(keras.__version__.split(".")[:2])
    if installed != make_vocabulary.VERSION:
        pytest.skip(f"the list is of Keras {make_vocabulary.VERSION}; {installed} is installed")
    assert make_vocabulary.NAMES.read_text(encoding="utf-8") == make_vocabulary.list_names(keras)
