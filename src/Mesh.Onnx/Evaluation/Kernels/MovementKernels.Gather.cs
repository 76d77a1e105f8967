using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Gathering and scattering by index tensors.</summary>
internal static partial class MovementKernels
{
    private static void Gather(NodeRun run)
    {
        var (x, indices) = (run.Input(0), run.Input(1));
        int axis = run.Axis(run.Node.Int("axis", 0), x.Rank), length = x.Shape[axis];
        int inner = Shape.Count(x.Shape.AsSpan(axis + 1)) * OnnxTensor.WidthOf(x.Type), outer = Shape.Count(x.Shape.AsSpan(0, axis));
        int[] places = Places(run, indices, length);
        var result = run.Output(0, x.Type, [.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]]);
        for (int i = 0, at = 0; i < outer; i++)
        {
            foreach (int place in places)
            {
                x.Bytes.Slice(((i * length) + place) * inner, inner).CopyTo(result.Bytes[at..]);
                at += inner;
            }
        }
    }

    private static void GatherElements(NodeRun run)
    {
        var (x, indices) = (run.Input(0), run.Input(1));
        if (indices.Rank != x.Rank) throw run.Wrong($"takes from {x} by {indices}");
        int axis = run.Axis(run.Node.Int("axis", 0), x.Rank), width = OnnxTensor.WidthOf(x.Type);
        int[] places = Places(run, indices, x.Shape[axis]);
        var result = run.Output(0, x.Type, indices.Shape);
        foreach (var (at, from) in ElementPlaces(run, x.Shape, indices.Shape, axis, places)) x.Bytes.Slice(from * width, width).CopyTo(result.Bytes[(at * width)..]);
    }

    private static void ScatterElements(NodeRun run)
    {
        var (x, indices, updates) = (run.Input(0), run.Input(1), run.Input(2));
        if (indices.Rank != x.Rank || !Shape.Same(indices.Shape, updates.Shape) || x.Type != updates.Type) throw run.Wrong($"puts {updates} into {x} by {indices}");
        int axis = run.Axis(run.Node.Int("axis", 0), x.Rank), width = OnnxTensor.WidthOf(x.Type);
        int[] places = Places(run, indices, x.Shape[axis]);
        var result = run.Output(0, x.Type, x.Shape);
        x.Bytes.CopyTo(result.Bytes);
        string reduction = run.Node.Text("reduction", "none");
        foreach (var (at, to) in ElementPlaces(run, x.Shape, indices.Shape, axis, places)) Put(run, reduction, updates.Bytes.Slice(at * width, width), result, to, 1);
    }

    private static void GatherNd(NodeRun run)
    {
        var (x, indices) = (run.Input(0), run.Input(1));
        long batchDimensions = run.Node.Int("batch_dims", 0);
        if (indices.Rank < 1 || batchDimensions < 0 || batchDimensions >= Math.Min(x.Rank, indices.Rank)) throw run.Wrong($"takes from {x} by {indices} with batch_dims {batchDimensions}");
        int batch = (int)batchDimensions, depth = indices.Shape[^1];
        if (depth < 1 || depth > x.Rank - batch || !Shape.Same(x.Shape.AsSpan(0, batch), indices.Shape.AsSpan(0, batch))) throw run.Wrong($"takes from {x} by {indices} with batch_dims {batch}");
        int batches = Shape.Count(x.Shape.AsSpan(0, batch)), block = Shape.Count(x.Shape.AsSpan(batch + depth)), batchSize = Shape.Count(x.Shape.AsSpan(batch));
        int rows = Shape.Count(indices.Shape.AsSpan(batch..^1)), width = OnnxTensor.WidthOf(x.Type);
        int[] starts = TupleStarts(run, indices, x.Shape.AsSpan(batch, depth), block);
        var result = run.Output(0, x.Type, [.. indices.Shape[..^1], .. x.Shape[(batch + depth)..]]);
        for (int i = 0; i < batches * rows; i++)
        {
            x.Bytes.Slice(((i / Math.Max(1, rows) * batchSize) + starts[i]) * width, block * width).CopyTo(result.Bytes[(i * block * width)..]);
        }
    }

    private static void ScatterNd(NodeRun run)
    {
        var (x, indices, updates) = (run.Input(0), run.Input(1), run.Input(2));
        if (indices.Rank < 1 || x.Type != updates.Type) throw run.Wrong($"puts {updates} into {x} by {indices}");
        int depth = indices.Shape[^1];
        if (depth < 1 || depth > x.Rank || !Shape.Same(updates.Shape, [.. indices.Shape[..^1], .. x.Shape[depth..]])) throw run.Wrong($"puts {updates} into {x} by {indices}");
        int block = Shape.Count(x.Shape.AsSpan(depth)), width = OnnxTensor.WidthOf(x.Type);
        int[] starts = TupleStarts(run, indices, x.Shape.AsSpan(0, depth), block);
        var result = run.Output(0, x.Type, x.Shape);
        x.Bytes.CopyTo(result.Bytes);
        string reduction = run.Node.Text("reduction", "none");
        for (int i = 0; i < starts.Length; i++) Put(run, reduction, updates.Bytes.Slice(i * block * width, block * width), result, starts[i], block);
    }

    private static int[] TupleStarts(NodeRun run, Tensor indices, ReadOnlySpan<int> shape, int block)
    {
        long[] values = indices.ToInts();
        var starts = new int[values.Length / shape.Length];
        for (int i = 0; i < starts.Length; i++)
        {
            int start = 0;
            for (int d = 0; d < shape.Length; d++) start = (start * shape[d]) + Place(run, values[(i * shape.Length) + d], shape[d]);
            starts[i] = start * block;
        }

        return starts;
    }

    private static IEnumerable<(int At, int Place)> ElementPlaces(NodeRun run, int[] shape, int[] indexShape, int axis, int[] places)
    {
        for (int d = 0; d < shape.Length; d++)
        {
            if (d != axis && indexShape[d] > shape[d]) throw run.Wrong($"has indices {Shape.Text(indexShape)} for {Shape.Text(shape)}");
        }

        int[] strides = Shape.Strides(shape);
        var index = new int[shape.Length];
        for (int at = 0; at < places.Length; at++)
        {
            int place = places[at] * strides[axis];
            for (int d = 0; d < shape.Length; d++) place += d == axis ? 0 : index[d] * strides[d];
            yield return (at, place);
            for (int d = shape.Length - 1; d >= 0 && ++index[d] == indexShape[d]; d--) index[d] = 0;
        }
    }

    private static int[] Places(NodeRun run, Tensor indices, int length) => [.. indices.ToInts().Select(index => Place(run, index, length))];

    private static int Place(NodeRun run, long index, int length) =>
        index >= -(long)length && index < length ? (int)(index < 0 ? index + length : index) : throw run.Wrong($"has index {index} where there are {length} elements");

    private static void Put(NodeRun run, string reduction, ReadOnlySpan<byte> update, Tensor result, int at, int count)
    {
        int width = OnnxTensor.WidthOf(result.Type);
        if (reduction == "none")
        {
            update.CopyTo(result.Bytes[(at * width)..]);
            return;
        }

        switch (result.Type)
        {
            case OnnxElementType.Float: Combine<float>(run, reduction, update, result.As<float>().Slice(at, count)); break;
            case OnnxElementType.Double: Combine<double>(run, reduction, update, result.As<double>().Slice(at, count)); break;
            case OnnxElementType.Int32: Combine<int>(run, reduction, update, result.As<int>().Slice(at, count)); break;
            case OnnxElementType.Int64: Combine<long>(run, reduction, update, result.As<long>().Slice(at, count)); break;
            default: throw run.UnsupportedType(result.Type);
        }
    }

    private static void Combine<T>(NodeRun run, string reduction, ReadOnlySpan<byte> update, Span<T> target)
        where T : unmanaged, INumber<T>
    {
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(update);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = reduction switch
            {
                "add" => target[i] + values[i],
                "mul" => target[i] * values[i],
                "max" => T.Max(target[i], values[i]),
                "min" => T.Min(target[i], values[i]),
                _ => throw run.Wrong($"has reduction '{reduction}'"),
            };
        }
    }
}
