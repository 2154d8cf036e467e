"""All paths of the protocol."""

from fastapi import APIRouter

from app.protocols.open_inference import config, infer, repository, server, statistics

router = APIRouter()
# The statistics first: `stats` would else be taken for the name of a model.
for part in (statistics, server, config, infer, repository):
    router.include_router(part.router)
