from model.manifest import Manifest
from tests.catscan.conftest import Command


def test_the_network_is_a_table_with_a_line_for_each_layer(command: Command, manifest: Manifest) -> None:
    done = command("layers")
    assert (done.code, done.err) == (0, "")
    about, empty, head, *lines = done.out.splitlines()
    assert about.startswith(f"{manifest.name} version {manifest.version}: {', '.join(manifest.labels)}; ")
    assert empty == ""
    assert head.split()[:3] == ["layer", "kind", "shape"]
    for line, record in zip(lines, manifest.layers, strict=True):
        assert line.split()[:3] == [record.name, record.kind, "x".join(map(str, record.shape))]
        assert line.split()[-2:] == [f"{record.parameters:,}", f"{record.multiply_adds:,}"]
