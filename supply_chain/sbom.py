"""Writes a software bill of materials, CycloneDX 1.6 in JSON, for each image: `python -m supply_chain.sbom dist`.

It names each package with the hashes of the files that it may come from, its licence where the package is installed
here, and the networks.
"""

import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from app import __version__
from model.manifest import Manifest
from model.versions import models
from supply_chain.pins import SHIPPED, Pin, shipped

MODELS = Path(__file__).resolve().parents[1] / "model" / "saved"
CLASSIFIER = "License :: OSI Approved :: "
LONGEST = 80  # characters of a licence's name: some packages have its whole text there


class SbomInvalid(Exception):
    """The document is not what CycloneDX's schema says; the message is the validator's."""


def sbom_of(kind: str) -> str:
    """The bill of materials of an image, cpu or gpu.

    Raises:
        SbomInvalid: if its schema says so.
    """
    bom = Bom()
    service = Component(name="catscan", version=__version__, type=ComponentType.APPLICATION, bom_ref=f"catscan-{kind}")
    bom.metadata.component = service
    parts = [*map(package, shipped(kind)), *map(network, manifests())]
    bom.components.update(parts)
    bom.register_dependency(service, parts)
    document = JsonV1Dot6(bom).output_as_string(indent=2)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(document)
    if wrong:
        raise SbomInvalid(str(wrong))
    return document


def manifests() -> Iterable[Manifest]:
    return [Manifest.load(folder) for versions in models(MODELS).values() for folder in versions.values()]


def package(pin: Pin) -> Component:
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(pin.purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes],
    )
    return Component(
        name=pin.name,
        version=pin.version,
        bom_ref=pin.purl,
        purl=PackageURL("pypi", None, pin.name, pin.version),
        licenses=licences(pin),
        external_references=[files],
        properties=[Property(name="catscan:where", value=pin.where)] if pin.where else [],
    )


def licences(pin: Pin) -> list[License]:
    """What the package says of itself, if this very version is installed."""
    try:
        told = metadata.metadata(pin.name)
    except metadata.PackageNotFoundError:
        return []
    if told["Version"] != pin.version:
        return []
    if expression := told["License-Expression"]:
        return [LicenseExpression(expression)]
    named = [each.removeprefix(CLASSIFIER) for each in told.get_all("Classifier", []) if each.startswith(CLASSIFIER)]
    written = told["License"] or ""
    if not named and 0 < len(written) <= LONGEST and "\n" not in written:
        named = [written]
    return [DisjunctiveLicense(name=name) for name in named]


def network(manifest: Manifest) -> Component:
    return Component(
        name=manifest.name,
        version=str(manifest.version),
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"{manifest.name}/{manifest.version}",
        properties=[Property(name="catscan:digest", value=manifest.digest)],
    )


def main(folder: Path) -> None:
    """Writes all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in SHIPPED:
        (folder / f"catscan-{kind}.cdx.json").write_text(sbom_of(kind))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
