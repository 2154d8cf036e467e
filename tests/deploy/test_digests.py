"""That the containers may load the networks that this repository has, and no others."""

import pytest

from app.pinned_digests import PinnedDigests
from app.settings import Settings
from model.manifest import Manifest
from model.versions import models
from tests.deploy.manifests import containers

PINNING = {
    each.where: each.environment["CATSCAN_DIGESTS"] for each in containers() if "CATSCAN_DIGESTS" in each.environment
}
SHIPPED = {Manifest.load(folder).digest for each in models(Settings().models).values() for folder in each.values()}


@pytest.mark.parametrize("where", PINNING)
def test_the_networks_of_the_image_are_pinned_and_no_others(where: str) -> None:
    assert set(PinnedDigests.of(PINNING[where]).digests) == SHIPPED, f"expected {','.join(sorted(SHIPPED))}"


def test_a_pod_and_compose_pin_them() -> None:
    assert {"compose.yaml", "kubernetes/deployment.yaml: Deployment catscan"} <= set(PINNING)
