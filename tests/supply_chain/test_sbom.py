"""The bill of materials, against what requirements and manifests say and what is installed here."""

import json
from importlib import metadata
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from app import __version__
from model.manifest import MANIFEST_FILE
from supply_chain.pins import Pin, shipped
from supply_chain.sbom import MODELS, licences, main

Document = dict[str, Any]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """As `make sbom` writes them, by the kind of the image."""
    folder = tmp_path_factory.mktemp("sbom") / "dist"
    main(folder)
    return {kind: json.loads((folder / f"catscan-{kind}.cdx.json").read_text()) for kind in ("cpu", "gpu")}


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_every_pin_is_in_it_with_all_its_hashes(documents: dict[str, Document], kind: str) -> None:
    found = {}
    for each in documents[kind]["components"]:
        if each["type"] == "library":
            (files,) = each["externalReferences"]
            assert {stated["alg"] for stated in files["hashes"]} == {"SHA-256"}
            found[each["purl"]] = {stated["content"] for stated in files["hashes"]}
    assert found == {f"pkg:pypi/{pin.name}@{pin.version}": set(pin.hashes) for pin in shipped(kind)}
    assert len(found) > 40


def test_every_network_is_in_it_with_its_digest(documents: dict[str, Document]) -> None:
    stated = [json.loads(file.read_text()) for file in MODELS.glob(f"*/*/{MANIFEST_FILE}")]
    found = {
        (each["name"], int(each["version"])): {fact["name"]: fact["value"] for fact in each["properties"]}
        for each in documents["cpu"]["components"]
        if each["type"] == "machine-learning-model"
    }
    assert found == {(each["name"], each["version"]): {"catscan:digest": each["digest"]} for each in stated}


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_it_is_of_this_version_of_the_service_and_all_its_parts(documents: dict[str, Document], kind: str) -> None:
    document = documents[kind]
    whole = document["metadata"]["component"]
    assert (whole["name"], whole["version"], whole["type"]) == ("catscan", __version__, "application")
    (parts,) = [each for each in document["dependencies"] if each["ref"] == whole["bom-ref"]]
    assert set(parts["dependsOn"]) == {each["bom-ref"] for each in document["components"]}


def test_licences_are_those_that_the_installed_packages_state(documents: dict[str, Document]) -> None:
    stated = {each["name"]: each.get("licenses") for each in documents["cpu"]["components"]}
    assert stated["absl-py"] == [{"expression": metadata.metadata("absl-py")["License-Expression"]}]
    libraries = [each for each in documents["cpu"]["components"] if each["type"] == "library"]
    assert sum("licenses" in each for each in libraries) >= 0.9 * len(libraries)


def test_another_version_than_the_installed_has_no_licence_here() -> None:
    assert licences(Pin("absl-py", metadata.version("absl-py"), ()))
    assert not licences(Pin("absl-py", "0.0.1", ()))
    assert not licences(Pin("no-such-package", "1", ()))


def test_the_validator_can_find_something(documents: dict[str, Document]) -> None:
    wrong = documents["cpu"] | {"components": [{"name": "numpy", "type": "book"}]}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(wrong)) is not None
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(documents["cpu"])) is None
