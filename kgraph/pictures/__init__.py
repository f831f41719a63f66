"""Pictures of graphs: an SVG file, or a page to explore, made with the standard library and numpy alone.

From a graph to a picture::

    sections    which box every node stands in, and in which lane and row the box stands
    layout      nodes inside one box: rows by longest path, few crossings, short edges
    scene       the two together, with sizes in pixels; no box is open or folded yet
    placing     where everything is and how edges run, once it is known which boxes are folded
    svg, html   written down

``page.js`` holds ``placing`` a second time, because a reader opens and folds boxes in the browser.
"""

from kgraph.pictures.html import draw_cell, draw_page
from kgraph.pictures.svg import draw_svg

__all__ = ["draw_cell", "draw_page", "draw_svg"]
