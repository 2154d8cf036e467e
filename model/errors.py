"""Why an artifact is refused.

ArtifactError
├── ArtifactMissing      no such folder, or no manifest or graph in it
├── ArtifactMalformed    the manifest cannot be read, or the graph does not do what it says
├── ArtifactUnsafe       the graph would run what no network needs, such as reading files
├── ArtifactChanged      the files are not those that were exported
├── ArtifactUnpinned     they are, but this service may only load others
└── ArtifactDisagrees    the golden examples come out differently
"""


class ArtifactError(Exception):
    """An artifact cannot be used; the message says what was expected and what came."""


class ArtifactMissing(ArtifactError):
    pass


class ArtifactMalformed(ArtifactError):
    pass


class ArtifactUnsafe(ArtifactError):
    pass


class ArtifactChanged(ArtifactError):
    pass


class ArtifactUnpinned(ArtifactError):
    pass


class ArtifactDisagrees(ArtifactError):
    pass
