"""What can go wrong with a request. Each error knows its status, its stable code and its public sentence.

ServiceError
├── UploadError
│   ├── BodyTooLarge         413 body_too_large
│   ├── BodyTooSlow          408 body_too_slow
│   ├── PhotoMissing         400 photo_missing
│   ├── MultipartMalformed   400 multipart_malformed
│   ├── JsonInvalid          400 json_invalid
│   ├── Base64Malformed      400 base64_malformed
│   ├── TooManyPhotos        413 too_many_photos
│   ├── TensorInvalid        400 tensor_invalid
│   └── CompressionInvalid   400 compression_invalid
├── PhotoError
│   ├── NotAnImage           422 not_an_image
│   ├── FormatUnsupported    415 format_unsupported
│   ├── TooManyPixels        413 too_many_pixels
│   ├── PhotoTruncated       422 photo_truncated
│   └── PhotoUndecodable     422 photo_undecodable
├── NotFound
│   ├── ImageUnknown         404 image_unknown
│   ├── LayerUnknown         404 layer_unknown
│   ├── EpochUnknown         404 epoch_unknown
│   ├── ModelUnknown         404 model_unknown
│   ├── VersionUnknown       404 version_unknown
│   └── PathUnknown          404 path_unknown
├── RequestMalformed         400 request_malformed
├── HeadTooLarge             431 head_too_large
├── ParameterInvalid         400 parameter_invalid
├── TooManyNumbers           400 too_many_numbers
├── AnswerTooLarge           400 answer_too_large
├── MethodNotAllowed         405 method_not_allowed
├── NotAcceptable            406 not_acceptable
├── AdminClosed              403 admin_closed
├── KeyWrong                 401 key_wrong
├── RateExceeded             429 rate_exceeded
├── Conflict                 (app/registry/refusals.py)
│   ├── VersionDiffers       409 version_differs
│   ├── VersionServes        409 version_serves
│   ├── VersionUnusable      409 version_unusable
│   └── PreviousMissing      409 previous_missing
├── Overloaded               429 overloaded
├── NotReady                 503 not_ready
├── StoreAway                503 store_away
├── ReplicaLost              503 replica_lost
├── EngineExhausted          503 engine_exhausted
├── DeviceFailed             503 device_failed
├── DeadlinePassed           504 deadline_passed
└── InternalError            500 internal_error
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar


class ServiceError(Exception):
    """Says in one sentence what was expected and what came; nothing in it is secret."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]
    headers: Mapping[str, str] = {}  # of the answer

    def __init__(self, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts  # further members of the problem document


class UploadError(ServiceError):
    pass


class BodyTooLarge(UploadError):
    status, code, title = 413, "body_too_large", "The request's body is too large"
    headers: Mapping[str, str] = {"Connection": "close"}  # the rest of the body is not read


class PhotoMissing(UploadError):
    status, code, title = 400, "photo_missing", "The request holds no photo"


class MultipartMalformed(UploadError):
    status, code, title = 400, "multipart_malformed", "The multipart body cannot be read"


class JsonInvalid(UploadError):
    status, code, title = 400, "json_invalid", "The JSON body is not what is expected here"


class Base64Malformed(UploadError):
    status, code, title = 400, "base64_malformed", "The photo is not in base64"


class TooManyPhotos(UploadError):
    status, code, title = 413, "too_many_photos", "The request holds too many photos"


class PhotoError(ServiceError):
    pass


class NotAnImage(PhotoError):
    status, code, title = 422, "not_an_image", "This is not an image"


class FormatUnsupported(PhotoError):
    status, code, title = 415, "format_unsupported", "This image format is not supported"


class TooManyPixels(PhotoError):
    status, code, title = 413, "too_many_pixels", "The photo has too many pixels"


class PhotoTruncated(PhotoError):
    status, code, title = 422, "photo_truncated", "The photo's file ends too early"


class PhotoUndecodable(PhotoError):
    status, code, title = 422, "photo_undecodable", "The photo cannot be decoded"


class NotFound(ServiceError):
    status = 404


class ImageUnknown(NotFound):
    code, title = "image_unknown", "No photo with this id"

    def __init__(self, image_id: str, keep: timedelta) -> None:
        """Nobody has a photo with this id, or has one no longer; `keep` is how long photos are kept."""
        expected = f"Expected the image_id of a photo posted to this model within {keep} (h:mm:ss), and not pushed"
        hint = "Post the photo again, or use POST /feature-maps"
        super().__init__(f"{expected} out by newer ones; received: {image_id!r}. {hint}")


class LayerUnknown(NotFound):
    code, title = "layer_unknown", "The network has no such layer"


class EpochUnknown(NotFound):
    code, title = "epoch_unknown", "Nothing was kept after so many epochs"


class ModelUnknown(NotFound):
    code, title = "model_unknown", "No model with this name"


class VersionUnknown(NotFound):
    code, title = "version_unknown", "The model has no such version"


class PathUnknown(NotFound):
    code, title = "path_unknown", "Nothing is served at this path"


class ParameterInvalid(ServiceError):
    status, code, title = 400, "parameter_invalid", "A parameter is not valid"


class TooManyNumbers(ServiceError):
    status, code, title = 400, "too_many_numbers", "Too many numbers for JSON"


class MethodNotAllowed(ServiceError):
    status, code, title = 405, "method_not_allowed", "This path does not take that method"


class NotAcceptable(ServiceError):
    status, code, title = 406, "not_acceptable", "None of the accepted formats can be given"


class NotReady(ServiceError):
    status, code, title = 503, "not_ready", "The service is not ready yet"
    headers: Mapping[str, str] = {"Retry-After": "2"}


class Overloaded(ServiceError):
    status, code, title = 429, "overloaded", "More photos are waiting than can be answered in time"

    def __init__(self, expected: str, seconds: float) -> None:
        """Says what was expected and what came, and when to come again: after so many seconds, rounded up."""
        retry_after_s = max(1, math.ceil(seconds))
        super().__init__(f"Expected {expected}. Try again in {retry_after_s} s", retry_after_s=retry_after_s)
        self.headers = {"Retry-After": str(retry_after_s)}


class DeadlinePassed(ServiceError):
    status, code, title = 504, "deadline_passed", "The photo was not answered in time"


class InternalError(ServiceError):
    status, code, title = 500, "internal_error", "Something went wrong on our side"
    headers: Mapping[str, str] = {"Connection": "close"}  # as uvicorn does after it
