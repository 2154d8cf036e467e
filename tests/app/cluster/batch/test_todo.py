"""What is to be done."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.cluster.batch.todo import Chunks, Todo

PATHS = st.lists(st.text("ab/.é", max_size=4), max_size=60)


@given(PATHS, PATHS, PATHS, st.integers(1, 70))
def test_each_path_is_in_one_chunk_once_unless_it_is_done(
    done: list[str], first: list[str], second: list[str], size: int
) -> None:
    expected = [path for path in dict.fromkeys(first + second) if path not in set(done)]
    with tempfile.TemporaryDirectory() as folder:
        todo = Todo(Path(folder) / "todo.sqlite")
        todo.leave_out(iter(done))
        todo.add(iter(first))
        todo.add(iter(second))
        todo.close()
        chunks = Chunks(str(todo.file), size)
        numbers = range(-(-len(expected) // size))
        found = [chunks.chunk(number) for number in numbers]
        assert [path for chunk in found for path in chunk] == expected
        assert all(len(chunk) == size for chunk in found[:-1])
        assert chunks.chunk(len(numbers)) == []
    assert (todo.paths, todo.skipped) == (len(expected), len(first) + len(second) - len(expected))
