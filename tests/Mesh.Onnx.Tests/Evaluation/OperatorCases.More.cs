using static Mesh.Onnx.Tests.Evaluation.OperatorCase;

namespace Mesh.Onnx.Tests.Evaluation;

internal sealed partial class OperatorCases
{
    private static readonly OnnxElementType[] Widths = [OnnxElementType.UInt8, OnnxElementType.Float, OnnxElementType.Int64];

    private IEnumerable<OperatorCase> Movement()
    {
        foreach (var type in Widths)
        {
            foreach (long[] order in (long[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1], [2, 0, 1]])
            {
                yield return new OperatorCase("Transpose", 13, [Tensor(type, 0, 99, 3, 4, 5)]) { Attributes = [Attribute("perm", order)] };
            }

            for (long axis = -2; axis < 2; axis++)
            {
                yield return new OperatorCase("Concat", 13, axis is 0 or -2 ? [Tensor(type, 0, 99, 2, 5), Tensor(type, 0, 99, 1, 5), Tensor(type, 0, 99, 4, 5)] : [Tensor(type, 0, 99, 2, 5), Tensor(type, 0, 99, 2, 3)]) { Attributes = [Attribute("axis", axis)] };
            }

            yield return new OperatorCase("Expand", 13, [Tensor(type, 0, 99, 3, 1), Longs(2, 1, 4)]);
            yield return new OperatorCase("Tile", 13, [Tensor(type, 0, 99, 2, 3), Longs(2, 3)]);
            yield return new OperatorCase("Slice", 13, [Tensor(type, 0, 99, 6, 7), Longs(1), Longs(5)]);
        }

        yield return new OperatorCase("Transpose", 13, [Floats(2, 3, 4)]);
        (long[] Starts, long[] Ends, long[] Axes, long[] Steps)[] slices =
        [
            ([0, 1], [3, 4], [0, 1], [1, 2]), ([-1], [-100], [1], [-1]), ([5], [0], [0], [-2]), ([2], [long.MaxValue], [-1], [3]), ([-3], [100], [0], [1]), ([4], [2], [0], [1]), ([100], [long.MinValue], [1], [-3]),
        ];
        foreach (var (starts, ends, axes, steps) in slices) yield return new OperatorCase("Slice", 13, [Floats(6, 7), Longs(starts), Longs(ends), Longs(axes), Longs(steps)]);
        yield return new OperatorCase("Slice", 9, [Floats(6, 7)]) { Attributes = [Attribute("starts", 1, 2), Attribute("ends", -1, 1000)] };
        yield return new OperatorCase("Split", 13, [Floats(2, 6)]) { OutputTypes = [OnnxElementType.Float, OnnxElementType.Float, OnnxElementType.Float], Attributes = [Attribute("axis", 1L)] };
        yield return new OperatorCase("Split", 13, [Floats(2, 6), Longs(1, 5)]) { OutputTypes = [OnnxElementType.Float, OnnxElementType.Float], Attributes = [Attribute("axis", -1L)] };
        yield return new OperatorCase("Split", 11, [Floats(5, 6)]) { OutputTypes = [OnnxElementType.Float, OnnxElementType.Float], Attributes = [Attribute("split", 3, 2)] };
        yield return new OperatorCase("Split", 18, [Floats(7, 2)]) { OutputTypes = [OnnxElementType.Float, OnnxElementType.Float, OnnxElementType.Float], Attributes = [Attribute("num_outputs", 3L)] };
        foreach (string mode in (string[])["constant", "edge", "reflect"])
        {
            yield return new OperatorCase("Pad", 13, mode == "constant" ? [Floats(3, 4, 5), Longs(1, 0, 2, 2, 1, 0), Scalar(7)] : [Floats(3, 4, 5), Longs(1, 0, 2, 2, 1, 0)]) { Attributes = [Attribute("mode", mode)] };
            yield return new OperatorCase("Pad", 13, [Tensor(OnnxElementType.Int64, 0, 9, 4, 5), Longs(0, 2, 3, 1)]) { Attributes = [Attribute("mode", mode)] };
        }

        yield return new OperatorCase("Pad", 13, [Floats(4, 5), Longs(-1, 0, 0, -2)]);
        yield return new OperatorCase("Pad", 10, [Floats(4, 5)]) { Attributes = [Attribute("pads", 0, 1, 2, 0), Attribute("value", 3f)] };
        yield return new OperatorCase("Pad", 18, [Floats(3, 4, 5), Longs(1, 2), null, Longs(-1)]);
        foreach (string mode in (string[])["DCR", "CRD"]) yield return new OperatorCase("DepthToSpace", 13, [Floats(2, 12, 3, 4)]) { Attributes = [Attribute("blocksize", 2L), Attribute("mode", mode)] };
        yield return new OperatorCase("SpaceToDepth", 13, [Floats(2, 3, 4, 6)]) { Attributes = [Attribute("blocksize", 2L)] };
        for (long k = -1; k < 2; k++)
        {
            yield return new OperatorCase("Trilu", 14, [Floats(2, 4, 5), OnnxTensor.Of<long>([k])]);
            yield return new OperatorCase("Trilu", 14, [Floats(4, 4), OnnxTensor.Of<long>([k])]) { Attributes = [Attribute("upper", 0L)] };
        }
    }

    private IEnumerable<OperatorCase> GatherAndScatter()
    {
        for (long axis = -3; axis < 3; axis++)
        {
            yield return new OperatorCase("Gather", 13, [Floats(4, 5, 6), OnnxTensor.Of<long>([0, -1, 2, 3, 1, -4], 2, 3)]) { Attributes = [Attribute("axis", axis)] };
            yield return new OperatorCase("Gather", 13, [Tensor(OnnxElementType.UInt8, 0, 99, 4, 5, 6), OnnxTensor.Of<int>([3])]) { Attributes = [Attribute("axis", axis)] };
        }

        yield return new OperatorCase("GatherElements", 13, [Floats(3, 4), OnnxTensor.Of<long>([0, 2, -1, 1, 1, 0], 2, 3)]);
        yield return new OperatorCase("GatherElements", 13, [Floats(3, 4), OnnxTensor.Of<long>([0, 3, -1, 1, 1, 0], 3, 2)]) { Attributes = [Attribute("axis", 1L)] };
        yield return new OperatorCase("GatherND", 13, [Floats(3, 4, 5), OnnxTensor.Of<long>([0, 1, 2, -1], 2, 2)]);
        yield return new OperatorCase("GatherND", 13, [Floats(3, 4, 5), OnnxTensor.Of<long>([0, 1, 2], 3, 1)]);
        yield return new OperatorCase("GatherND", 13, [Floats(2, 4, 5), OnnxTensor.Of<long>([1, 3], 2, 1)]) { Attributes = [Attribute("batch_dims", 1L)] };
        foreach (string reduction in (string[])["none", "add", "mul"])
        {
            yield return new OperatorCase("ScatterElements", 16, [Floats(3, 4), OnnxTensor.Of<long>([0, 2, 1, 1, 0, 2], 2, 3), Floats(2, 3)]) { Attributes = [Attribute("reduction", reduction)] };
            yield return new OperatorCase("ScatterND", 16, [Floats(5, 3), OnnxTensor.Of<long>([4, 1], 2, 1), Floats(2, 3)]) { Attributes = [Attribute("reduction", reduction)] };
        }

        yield return new OperatorCase("ScatterElements", 13, [Floats(3, 4), OnnxTensor.Of<long>([0, 3, -1], 3, 1), Floats(3, 1)]) { Attributes = [Attribute("axis", 1L)] };
        yield return new OperatorCase("ScatterND", 13, [Floats(5, 3), OnnxTensor.Of<long>([4, 1, 0, 2], 2, 2), Floats(2)]);
    }

    private IEnumerable<OperatorCase> Shapes()
    {
        foreach (long[] wanted in (long[][])[[24], [2, -1], [0, 0, -1], [4, 3, 2], [-1, 1, 3]]) yield return new OperatorCase("Reshape", 13, [Floats(2, 3, 4), Longs(wanted)]);
        yield return new OperatorCase("Reshape", 14, [Floats(2, 3, 4), Longs(6, 4)]) { Attributes = [Attribute("allowzero", 1L)] };
        for (long axis = -3; axis <= 3; axis++) yield return new OperatorCase("Flatten", 13, [Floats(2, 3, 4)]) { Attributes = [Attribute("axis", axis)] };
        yield return new OperatorCase("Squeeze", 13, [Floats(1, 3, 1, 4)]);
        yield return new OperatorCase("Squeeze", 13, [Floats(1, 3, 1, 4), Longs(-2)]);
        yield return new OperatorCase("Squeeze", 11, [Floats(1, 3, 1, 4)]) { Attributes = [Attribute("axes", 0L, 2L)] };
        yield return new OperatorCase("Unsqueeze", 13, [Floats(3, 4), Longs(0, -1)]);
        yield return new OperatorCase("Unsqueeze", 11, [Floats(3, 4)]) { Attributes = [Attribute("axes", 1L, 3L)] };
        yield return new OperatorCase("Shape", 13, [Floats(3, 4, 5)]) { OutputTypes = [OnnxElementType.Int64] };
        yield return new OperatorCase("Shape", 15, [Floats(3, 4, 5)]) { OutputTypes = [OnnxElementType.Int64], Attributes = [Attribute("start", 1L), Attribute("end", -1L)] };
        yield return new OperatorCase("Size", 13, [Floats(3, 4, 5)]) { OutputTypes = [OnnxElementType.Int64] };
        yield return new OperatorCase("Identity", 13, [Floats(3, 4)]);
        yield return new OperatorCase("Dropout", 13, [Floats(3, 4)]) { OutputTypes = [OnnxElementType.Float, OnnxElementType.Boolean] };
        yield return new OperatorCase("ConstantOfShape", 13, [Longs(2, 3)]) { OutputTypes = [OnnxElementType.Float] };
        yield return new OperatorCase("ConstantOfShape", 13, [Longs(2, 3)]) { OutputTypes = [OnnxElementType.Int64], Attributes = [Attribute("value", OnnxTensor.Of<long>([7], 1))] };
        yield return new OperatorCase("Range", 13, [Scalar(1), Scalar(4.2f), Scalar(0.5f)]);
        yield return new OperatorCase("Range", 13, [OnnxTensor.Of<long>([9]), OnnxTensor.Of<long>([-2]), OnnxTensor.Of<long>([-3])]);
        yield return new OperatorCase("EyeLike", 13, [Floats(3, 5)]) { Attributes = [Attribute("k", 1L)] };
    }

    private IEnumerable<OperatorCase> Resize()
    {
        float[][] scaleSets = [[1, 1, 2, 2], [1, 1, 1.5f, 0.7f], [1, 1, 0.5f, 3], [1, 1, 2.6f, 1]];
        foreach (float[] scales in scaleSets)
        {
            foreach (string transformation in (string[])["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
            {
                foreach (string nearest in (string[])["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
                {
                    yield return new OperatorCase("Resize", 13, [Floats(1, 2, 5, 6), null, OnnxTensor.Of<float>(scales, 4)]) { Attributes = [Attribute("mode", "nearest"), Attribute("coordinate_transformation_mode", transformation), Attribute("nearest_mode", nearest)], Constants = new HashSet<int> { 2 } };
                }

                foreach (string mode in (string[])["linear", "cubic"])
                {
                    yield return new OperatorCase("Resize", 13, [Floats(1, 2, 5, 6), null, OnnxTensor.Of<float>(scales, 4)]) { Attributes = [Attribute("mode", mode), Attribute("coordinate_transformation_mode", transformation)], Constants = new HashSet<int> { 2 }, Absolute = 1e-5 };
                }
            }
        }

        yield return new OperatorCase("Resize", 13, [Floats(1, 2, 5, 6), null, null, Longs(1, 2, 9, 4)]) { Attributes = [Attribute("mode", "linear")], Constants = new HashSet<int> { 3 }, Absolute = 1e-5 };
        yield return new OperatorCase("Resize", 13, [Floats(1, 2, 5, 6), null, null, Longs(1, 2, 9, 4)]) { Attributes = [Attribute("mode", "cubic"), Attribute("exclude_outside", 1L), Attribute("cubic_coeff_a", -0.5f)], Constants = new HashSet<int> { 3 }, Absolute = 1e-5 };
        yield return new OperatorCase("Resize", 18, [Floats(1, 2, 5, 6), null, null, Longs(10, 12)]) { Attributes = [Attribute("mode", "nearest"), Attribute("axes", 2, 3)], Constants = new HashSet<int> { 3 } };
        yield return new OperatorCase("Resize", 10, [Floats(1, 2, 5, 6), OnnxTensor.Of<float>([1, 1, 2, 3], 4)]) { Attributes = [Attribute("mode", "nearest")], Constants = new HashSet<int> { 1 } };
        yield return new OperatorCase("Resize", 10, [Floats(1, 2, 5, 6), OnnxTensor.Of<float>([1, 1, 2, 3], 4)]) { Attributes = [Attribute("mode", "linear")], Constants = new HashSet<int> { 1 }, Absolute = 1e-5 };
        yield return new OperatorCase("Upsample", 9, [Floats(1, 2, 5, 6), OnnxTensor.Of<float>([1, 1, 2, 2], 4)]) { Attributes = [Attribute("mode", "nearest")], Constants = new HashSet<int> { 1 } };
        yield return new OperatorCase("Upsample", 7, [Floats(1, 2, 5, 6)]) { Attributes = [Attribute("mode", "nearest"), Attribute("scales", 1f, 1f, 2f, 2f)] };
    }

    private IEnumerable<OperatorCase> Selection()
    {
        for (int i = 0; i < 6; i++)
        {
            yield return new OperatorCase("TopK", 11, [Floats(3, 7, 4), Longs(i % 4)]) { OutputTypes = [OnnxElementType.Float, OnnxElementType.Int64], Attributes = [Attribute("axis", (long)(i % 3)), Attribute("largest", (long)(i % 2))] };
        }

        yield return new OperatorCase("TopK", 11, [Tensor(OnnxElementType.Int64, 0, 4, 3, 9), Longs(5)]) { OutputTypes = [OnnxElementType.Int64, OnnxElementType.Int64] };
        yield return new OperatorCase("NonZero", 13, [Tensor(OnnxElementType.Int32, -1, 2, 3, 4)]) { OutputTypes = [OnnxElementType.Int64] };
        yield return new OperatorCase("OneHot", 11, [OnnxTensor.Of<long>([0, 2, -1, 7], 2, 2), OnnxTensor.Of<long>([4]), OnnxTensor.Of<float>([-1, 5], 2)]) { OutputTypes = [OnnxElementType.Float] };
        yield return new OperatorCase("OneHot", 11, [OnnxTensor.Of<long>([0, 2, -1, 3], 2, 2), OnnxTensor.Of<long>([4]), OnnxTensor.Of<float>([0, 1], 2)]) { OutputTypes = [OnnxElementType.Float], Attributes = [Attribute("axis", 1L)] };
        for (int i = 0; i < 4; i++) yield return new OperatorCase("CumSum", 14, [Floats(3, 5), OnnxTensor.Of<int>([i % 2])]) { Attributes = [Attribute("exclusive", (long)(i / 2)), Attribute("reverse", (long)(i % 2))] };
        for (int i = 0; i < 6; i++)
        {
            float[] boxes = [.. Enumerable.Range(0, 2 * 12).SelectMany(_ =>
            {
                float y = (float)random.NextDouble(), x = (float)random.NextDouble();
                return i % 2 == 0 ? (float[])[y, x, y + 0.4f, x + 0.4f] : [x, y, 0.4f, 0.4f];
            })];
            yield return new OperatorCase("NonMaxSuppression", 11, [OnnxTensor.Of<float>(boxes, 2, 12, 4), FloatsBetween(0, 1, 2, 3, 12), Longs(5), OnnxTensor.Of<float>([0.3f], 1), OnnxTensor.Of<float>([0.2f], 1)])
            {
                OutputTypes = [OnnxElementType.Int64], Attributes = [Attribute("center_point_box", (long)(i % 2))],
            };
        }
    }

    private IEnumerable<OperatorCase> Quantisation()
    {
        foreach (var type in (OnnxElementType[])[OnnxElementType.UInt8, OnnxElementType.Int8])
        {
            var zero = type == OnnxElementType.UInt8 ? OnnxTensor.Of<byte>([120]) : OnnxTensor.Of<sbyte>([-7]);
            yield return new OperatorCase("QuantizeLinear", 13, [FloatsBetween(-30, 30, 5, 40), Scalar(0.1f), zero]) { OutputTypes = [type], Absolute = 0, Relative = 0 };
            yield return new OperatorCase("QuantizeLinear", 13, [OnnxTensor.Of<float>([0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 1e9f, -1e9f], 7), Scalar(1), zero]) { OutputTypes = [type], Absolute = 0, Relative = 0 };
            for (long axis = 0; axis < 3; axis++)
            {
                int count = (int)(axis + 3);
                var zeros = Tensor(type, type == OnnxElementType.UInt8 ? 0 : -100, 100, count);
                yield return new OperatorCase("QuantizeLinear", 13, [FloatsBetween(-9, 9, 3, 4, 5), FloatsBetween(0.01, 0.2, count), zeros]) { OutputTypes = [type], Attributes = [Attribute("axis", axis)], Absolute = 0, Relative = 0 };
                yield return new OperatorCase("DequantizeLinear", 13, [Tensor(type, type == OnnxElementType.UInt8 ? 0 : -128, 127, 3, 4, 5), FloatsBetween(0.01, 0.2, count), zeros]) { OutputTypes = [OnnxElementType.Float], Attributes = [Attribute("axis", axis)], Absolute = 0, Relative = 0 };
            }
        }

        yield return new OperatorCase("QuantizeLinear", 13, [FloatsBetween(-3, 30, 40), Scalar(0.1f)]) { OutputTypes = [OnnxElementType.UInt8], Absolute = 0, Relative = 0 };
        yield return new OperatorCase("DequantizeLinear", 13, [Tensor(OnnxElementType.Int32, -9999, 9999, 40), Scalar(0.1f)]) { OutputTypes = [OnnxElementType.Float], Absolute = 0, Relative = 0 };
        for (int i = 0; i < 4; i++)
        {
            yield return new OperatorCase("DynamicQuantizeLinear", 11, [FloatsBetween(i - 3, i + 1, 5, 8)]) { OutputTypes = [OnnxElementType.UInt8, OnnxElementType.Float, OnnxElementType.UInt8] };
        }

        var constants = new HashSet<int> { 1, 2, 3, 4, 5, 6, 7, 8 };
        for (int i = 0; i < 24; i++)
        {
            long group = i % 3 == 2 ? 2 : 1, filters = group * random.Next(1, 5), channels = group * random.Next(1, 4);
            bool signed = i % 4 == 3, perChannel = i % 2 == 0;
            var activation = signed ? OnnxElementType.Int8 : OnnxElementType.UInt8;
            OnnxTensor Zero(int value) => signed ? OnnxTensor.Of<sbyte>([(sbyte)(value - 128)]) : OnnxTensor.Of<byte>([(byte)value]);
            var scales = perChannel ? FloatsBetween(0.005, 0.02, filters) : Scalar(0.01f);
            var zeros = perChannel ? OnnxTensor.Of<sbyte>(new sbyte[filters], filters) : OnnxTensor.Of<sbyte>([0]);
            var x = Tensor(activation, signed ? -128 : 0, signed ? 127 : 255, 2, channels, 7, 8);
            List<OnnxTensor?> inputs = [x, Scalar(0.02f), Zero(113), Tensor(OnnxElementType.Int8, -127, 127, filters, channels / group, 3, 3), scales, zeros, Scalar(0.05f), Zero(131)];
            if (i % 3 == 0) inputs.Add(Tensor(OnnxElementType.Int32, -5000, 5000, filters));
            yield return new OperatorCase("QLinearConv", 10, inputs)
            {
                OutputTypes = [activation], Constants = constants, Absolute = 0, Relative = 0,
                Attributes = [Attribute("group", group), Attribute("pads", 1, 1, 0, 1), Attribute("strides", 1 + (i % 2), 1)],
            };
            long k = random.Next(1, 40), n = random.Next(1, 20);
            yield return new OperatorCase("QLinearMatMul", 10, [Tensor(activation, signed ? -128 : 0, signed ? 127 : 255, 6, k), Scalar(0.02f), Zero(100), Tensor(OnnxElementType.Int8, -127, 127, k, n), Scalar(0.01f), OnnxTensor.Of<sbyte>([0]), Scalar(0.05f), Zero(140)])
            {
                OutputTypes = [activation], Constants = constants, Absolute = 0, Relative = 0,
            };
        }

        yield return new OperatorCase("MatMulInteger", 10, [Tensor(OnnxElementType.UInt8, 0, 255, 5, 7), Tensor(OnnxElementType.Int8, -127, 127, 7, 6), OnnxTensor.Of<byte>([9]), OnnxTensor.Of<sbyte>([3])]) { OutputTypes = [OnnxElementType.Int32] };
        yield return new OperatorCase("ConvInteger", 10, [Tensor(OnnxElementType.UInt8, 0, 255, 1, 2, 6, 7), Tensor(OnnxElementType.UInt8, 0, 255, 3, 2, 3, 3), OnnxTensor.Of<byte>([9])]) { OutputTypes = [OnnxElementType.Int32], Attributes = [Attribute("pads", 1, 1, 1, 1)] };
    }

    private IEnumerable<OperatorCase> Recurrence()
    {
        const int steps = 5, batch = 2, width = 3, hidden = 4;
        foreach (var (name, gates) in ((string, int)[])[("RNN", 1), ("GRU", 3), ("LSTM", 4)])
        {
            foreach (string direction in (string[])["forward", "reverse", "bidirectional"])
            {
                int directions = direction == "bidirectional" ? 2 : 1;
                for (int i = 0; i < 4; i++)
                {
                    List<OnnxTensor?> inputs = [Floats(steps, batch, width), FloatsBetween(-1, 1, directions, gates * hidden, width), FloatsBetween(-1, 1, directions, gates * hidden, hidden)];
                    inputs.Add(i > 0 ? Floats(directions, 2 * gates * hidden) : null);
                    inputs.Add(i > 1 ? OnnxTensor.Of<int>([3, 5], 2) : null);
                    inputs.Add(i > 1 ? Floats(directions, batch, hidden) : null);
                    if (gates == 4 && i > 1) inputs.Add(Floats(directions, batch, hidden));
                    if (gates == 4 && i > 2) inputs.Add(Floats(directions, 3 * hidden));
                    while (inputs[^1] is null) inputs.RemoveAt(inputs.Count - 1);
                    List<AttributeProto> attributes = [Attribute("hidden_size", (long)hidden), Attribute("direction", direction)];
                    if (gates == 3) attributes.Add(Attribute("linear_before_reset", (long)(i % 2)));
                    yield return new OperatorCase(name, 14, inputs)
                    {
                        Attributes = attributes, Absolute = 1e-5,
                        OutputTypes = [.. Enumerable.Repeat(OnnxElementType.Float, gates == 4 ? 3 : 2)],
                    };
                }
            }
        }
    }
}
