"""Checks models with the onnx package's checker and infers their shapes with it. Usage: onnx-check.py MODEL... Prints a JSON array, one entry a model."""
import json
import sys

import onnx
from onnx import checker, shape_inference


def shapes(path):
    model = shape_inference.infer_shapes(onnx.load(path), strict_mode=True, data_prop=True)
    values = {}
    for value in [*model.graph.value_info, *model.graph.output]:
        tensor = value.type.tensor_type
        dims = [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim] if tensor.HasField("shape") else None
        values[value.name] = {"type": tensor.elem_type, "dims": dims}
    return values


results = []
for path in sys.argv[1:]:
    try:
        checker.check_model(onnx.load(path), full_check=True)
        results.append({"values": shapes(path)})
    except Exception as error:  # whatever the checker says is the result
        results.append({"error": str(error)})
print(json.dumps(results))
