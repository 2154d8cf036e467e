"""A SavedModel is a program: which operations one may be made of to be loaded at all."""

from collections.abc import Iterable
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from model.errors import ArtifactMalformed, ArtifactUnsafe

# What networks of `model.network` are exported to, and what its like needs. None of it reads or writes a file, asks a
# host, starts a process or runs Python.
COMPUTING = {
    "Add", "AddN", "AddV2", "All", "Any", "ArgMax", "AvgPool", "BatchMatMulV2", "BiasAdd", "BroadcastTo",
    "Cast", "ConcatV2", "Const", "Conv2D", "DepthwiseConv2dNative", "DisableCopyOnRead", "Elu", "Equal", "Exp",
    "ExpandDims", "Fill", "FusedBatchNormV3", "GatherV2", "Greater", "GreaterEqual", "Identity", "IdentityN",
    "LeakyRelu", "Less", "LessEqual", "Log", "LogSoftmax", "LogicalAnd", "LogicalNot", "LogicalOr", "MatMul",
    "Max", "MaxPool", "Maximum", "Mean", "Min", "Minimum", "Mul", "Neg", "NoOp", "Pack", "Pad", "PadV2",
    "PartitionedCall", "Placeholder", "Pow", "Prod", "Range", "Rank", "ReadVariableOp", "RealDiv", "Relu",
    "Relu6", "Reshape", "ResizeBilinear", "Rsqrt", "Select", "SelectV2", "Selu", "Shape", "Sigmoid", "Size",
    "Slice", "Softmax", "Softplus", "Split", "SplitV", "Sqrt", "Square", "SquaredDifference", "Squeeze",
    "StatefulPartitionedCall", "StopGradient", "StridedSlice", "Sub", "Sum", "Tanh", "Tile", "Transpose",
    "Unpack", "VarHandleOp", "ZerosLike",
}  # fmt: skip


def check_operations(folder: Path) -> None:
    """Looks at everything that loading a SavedModel, or asking its endpoints, can run; nothing of it is run.

    The functions that save and restore the weights do touch files, and are in every SavedModel; they are let be as long
    as nothing else calls them, for the loader restores by itself.

    Raises:
        ArtifactMalformed: if it is no SavedModel of TensorFlow 2.
        ArtifactUnsafe: naming operations that no network needs.
    """
    saved, file = SavedModel(), folder / "saved_model.pb"
    try:
        saved.ParseFromString(file.read_bytes())
    except DecodeError as error:
        raise ArtifactMalformed(f"{file}: expected a SavedModel; received: {error}") from error
    if len(saved.meta_graphs) != 1 or not saved.meta_graphs[0].HasField("object_graph_def"):
        raise ArtifactMalformed(f"{file}: expected one graph with objects, as TensorFlow 2 writes; received another")
    graph = saved.meta_graphs[0]
    functions = {function.signature.name: function.node_def for function in graph.graph_def.library.function}
    roots = set(graph.object_graph_def.concrete_functions)
    found = {node.op for name in reachable(roots, functions) for node in functions.get(name, ())}
    if foreign := sorted(found - COMPUTING):
        raise ArtifactUnsafe(f"{file}: expected operations that compute, and no others; received: {', '.join(foreign)}")


def called(nodes: Iterable[NodeDef]) -> set[str]:
    """The functions that nodes name."""
    values = [value for node in nodes for value in node.attr.values()]
    return {name for value in values for name in [value.func.name, *(func.name for func in value.list.func)] if name}


def reachable(roots: set[str], functions: dict[str, Iterable[NodeDef]]) -> set[str]:
    """The roots, and every function that they call, or have called."""
    found, new = set[str](), set(roots)
    while new:
        found |= new
        new = {name for known in new for name in called(functions.get(known, ()))} - found
    return found
