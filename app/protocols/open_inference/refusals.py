"""What can be wrong with a request for inference alone; these stand in the tree of `app.errors`."""

from app.errors import ServiceError, UploadError


class TensorInvalid(UploadError):
    status, code, title = 400, "tensor_invalid", "A tensor is not as the model takes or gives it"


class CompressionInvalid(UploadError):
    status, code, title = 400, "compression_invalid", "The compressed body cannot be read"


class AnswerTooLarge(ServiceError):
    status, code, title = 400, "answer_too_large", "The answer would be too large"
