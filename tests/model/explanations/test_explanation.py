from model.explanations.explanation import Grid
from model.geometry import describe
from model.layers import Convolution, MaxPooling, Table
from model.manifest import ReceptiveField


def test_the_cells_of_a_photo_are_its_pixels() -> None:
    assert Grid.of(None) == Grid(top=0, left=0, height=1, width=1, down=1, across=1)


def test_a_cell_is_a_jump_high_and_wide_about_the_centre_of_what_its_unit_sees() -> None:
    seen = ReceptiveField(size=(3, 5), jump=(2, 4), start=(-1, 0))  # centres at 0.5 and 2.5
    assert Grid.of(seen) == Grid(top=-0.5, left=0.5, height=2, width=4, down=2, across=4)


def test_poolings_that_divide_the_photo_have_cells_that_tile_it() -> None:
    table: Table = (MaxPooling("once"), MaxPooling("twice", size=3, stride=3))
    _, twice = describe(table, labels=2, height=12, width=18)
    assert Grid.of(twice.receptive_field) == Grid(top=0, left=0, height=6, width=6, down=6, across=6)


def test_a_convolution_that_keeps_the_size_leaves_the_cells_where_they_are() -> None:
    table: Table = (MaxPooling("pool"), Convolution("conv", filters=1, size=5))
    pool, conv = describe(table, labels=2, height=12, width=18)
    assert Grid.of(pool.receptive_field) == Grid.of(conv.receptive_field)


def test_cells_have_their_centres_half_a_cell_from_where_they_begin() -> None:
    down, across = Grid(top=-1, left=2, height=4, width=6, down=3, across=5).centres((3, 2), (20, 20, 3))
    assert (down.tolist(), across.tolist()) == ([1, 4, 7], [5, 10])


def test_a_last_cell_that_would_reach_over_the_edge_ends_there() -> None:
    down, across = Grid(height=4, width=4, down=3, across=3).centres((3, 3), (9, 10))
    assert (down.tolist(), across.tolist()) == ([2, 5, 7], [2, 5, 8])
