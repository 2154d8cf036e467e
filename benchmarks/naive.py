"""The server that most tutorials end with: `python -m benchmarks.naive PORT`.

FastAPI with an UploadFile, the photo decoded in full and resized by Pillow, one call of the network for each request,
one uvicorn process, no setting touched. It reads the same artifact as the service.
"""

import argparse
from pathlib import Path

import numpy as np
import tensorflow as tf
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image

from app.registry.registry import first_to_serve
from app.settings import Settings
from model.manifest import PREDICT, Manifest


def create_app(folder: Path) -> FastAPI:
    app = FastAPI()
    manifest = Manifest.load(folder)
    model = tf.saved_model.load(str(folder))

    @app.post("/predict")
    def predict(file: UploadFile) -> dict[str, object]:
        photo = Image.open(file.file).convert("RGB").resize((manifest.width, manifest.height))
        images = np.asarray(photo)[np.newaxis]
        scores = model.signatures[PREDICT](images=tf.constant(images))["probabilities"].numpy()[0]
        best = int(scores.argmax())
        predictions = dict(zip(manifest.labels, scores.tolist(), strict=True))
        return {"label": manifest.labels[best], "probability": float(scores[best]), "predictions": predictions}

    return app


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.naive")
    parser.add_argument("port", type=int)
    app = create_app(first_to_serve(Settings()).folder)
    uvicorn.run(app, port=parser.parse_args().port, log_level="error")  # as the service is started for benchmarks


if __name__ == "__main__":
    main()
