namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Operators that only move elements, of whatever type: they are copied by their width.</summary>
internal static partial class MovementKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["Transpose"] = Transpose,
        ["Concat"] = Concat,
        ["Split"] = Split,
        ["Slice"] = Slice,
        ["Expand"] = Expand,
        ["Tile"] = Tile,
        ["Pad"] = Pad,
        ["Where"] = Where,
        ["Gather"] = Gather,
        ["GatherElements"] = GatherElements,
        ["GatherND"] = GatherNd,
        ["ScatterElements"] = ScatterElements,
        ["ScatterND"] = ScatterNd,
        ["DepthToSpace"] = DepthToSpace,
        ["SpaceToDepth"] = SpaceToDepth,
        ["Trilu"] = Trilu,
    };

    /// <summary>The tensor with its dimensions in another order; shares memory when the order stays.</summary>
    public static Tensor Permute(NodeRun run, Tensor x, int[] order)
    {
        int[] shape = [.. order.Select(axis => x.Shape[axis])];
        if (order.SequenceEqual(Enumerable.Range(0, x.Rank))) return x.Reshaped(x.Shape);
        int[] strides = Shape.Strides(x.Shape);
        var result = run.Scratch(x.Type, shape);
        CopyStrided(x, 0, [.. order.Select(axis => strides[axis])], result);
        return result;
    }

    private static void Transpose(NodeRun run)
    {
        var x = run.Input(0);
        int[] order = [.. (run.Node.Ints("perm") ?? [.. Enumerable.Range(0, x.Rank).Reverse().Select(axis => (long)axis)]).Select(axis => run.Axis(axis, x.Rank))];
        if (order.Length != x.Rank || order.Distinct().Count() != x.Rank) throw run.Wrong($"has perm [{string.Join(", ", order)}] for {x}");
        run.Give(0, Permute(run, x, order));
    }

    private static void Expand(NodeRun run)
    {
        var x = run.Input(0);
        int[] wanted = Sizes(run, run.Input(1));
        int[] shape = Shape.Broadcast(x.Shape, wanted) ?? throw run.Wrong($"expands {x} to {Shape.Text(wanted)}");
        CopyStrided(x, 0, Shape.BroadcastStrides(x.Shape, shape), run.Output(0, x.Type, shape));
    }

    private static void Slice(NodeRun run)
    {
        var x = run.Input(0);
        bool asInputs = run.Opset >= 10;
        long[] starts = asInputs ? run.Input(1).ToInts() : run.Node.Ints("starts") ?? throw run.Wrong("has no starts");
        long[] ends = asInputs ? run.Input(2).ToInts() : run.Node.Ints("ends") ?? throw run.Wrong("has no ends");
        long[] axes = (asInputs ? run.Optional(3)?.ToInts() : run.Node.Ints("axes")) ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = (asInputs ? run.Optional(4)?.ToInts() : null) ?? [.. Enumerable.Repeat(1L, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length) throw run.Wrong($"has {starts.Length} starts, {ends.Length} ends, {axes.Length} axes and {steps.Length} steps");
        int[] shape = [.. x.Shape], strides = Shape.Strides(x.Shape);
        int offset = 0;
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = run.Axis(axes[i], x.Rank);
            if (steps[i] == 0) throw run.Wrong("has a step of 0");
            var (first, count) = SliceRange(starts[i], ends[i], steps[i], x.Shape[axis]);
            offset += count == 0 ? 0 : first * strides[axis];
            shape[axis] = count;
            strides[axis] = count <= 1 ? 0 : checked((int)(strides[axis] * steps[i]));
        }

        CopyStrided(x, offset, strides, run.Output(0, x.Type, shape));
    }

    /// <summary>What a slice takes of a dimension (numpy's rules).</summary>
    public static (int First, int Count) SliceRange(long start, long end, long step, int size)
    {
        long first = start < 0 ? Math.Max(start, -(long)size) + size : start, last = end < 0 ? Math.Max(end, -(long)size - 1) + size : end;
        first = step > 0 ? Math.Clamp(first, 0, size) : Math.Clamp(first, -1, size - 1);
        last = step > 0 ? Math.Clamp(last, 0, size) : Math.Clamp(last, -1, size - 1);
        Int128 distance = step > 0 ? last - first : first - last, stride = Int128.Abs(step);
        return ((int)Math.Max(0, first), (int)Int128.Max(0, (distance + stride - 1) / stride));
    }

    private static void Concat(NodeRun run)
    {
        var first = run.Input(0);
        int axis = run.Axis(run.Node.Int("axis", 0), first.Rank);
        int[] shape = [.. first.Shape];
        for (int i = 1; i < run.InputCount; i++)
        {
            var next = run.Input(i);
            if (next.Type != first.Type || next.Rank != first.Rank || next.Shape.Where((size, d) => d != axis && size != first.Shape[d]).Any()) throw run.Wrong($"joins {first} and {next} along axis {axis}");
            shape[axis] = checked(shape[axis] + next.Shape[axis]);
        }

        var result = run.Output(0, first.Type, shape);
        int width = OnnxTensor.WidthOf(first.Type), inner = Shape.Count(first.Shape.AsSpan(axis + 1)) * width, row = inner * shape[axis];
        int outer = Shape.Count(first.Shape.AsSpan(0, axis));
        for (int i = 0, at = 0; i < run.InputCount; i++)
        {
            var part = run.Input(i);
            int size = inner * part.Shape[axis];
            for (int j = 0; j < outer; j++) part.Bytes.Slice(j * size, size).CopyTo(result.Bytes[((j * row) + at)..]);
            at += size;
        }
    }

    private static void Split(NodeRun run)
    {
        var x = run.Input(0);
        int axis = run.Axis(run.Node.Int("axis", 0), x.Rank), length = x.Shape[axis];
        long[]? named = run.Opset >= 13 ? run.Optional(1)?.ToInts() : run.Node.Ints("split");
        int parts = named?.Length ?? (int)Math.Clamp(run.Node.Int("num_outputs", run.OutputCount), 1, Math.Max(1, run.OutputCount));
        if (named is null && run.Opset < 18 && length % parts != 0) throw run.Wrong($"splits {length} elements into {parts} equal parts");
        int chunk = (length + parts - 1) / parts;
        long[] sizes = named ?? [.. Enumerable.Range(0, parts).Select(i => (long)Math.Max(0, Math.Min(chunk, length - (i * chunk))))];
        if (sizes.Any(size => size < 0) || sizes.Sum() != length) throw run.Wrong($"splits {length} elements into {string.Join(" + ", sizes)}");
        int inner = Shape.Count(x.Shape.AsSpan(axis + 1)) * OnnxTensor.WidthOf(x.Type), outer = Shape.Count(x.Shape.AsSpan(0, axis));
        for (int i = 0, at = 0; i < sizes.Length; i++)
        {
            int size = (int)sizes[i] * inner;
            if (run.Wants(i))
            {
                var part = run.Output(i, x.Type, [.. x.Shape.Select((all, d) => d == axis ? (int)sizes[i] : all)]);
                for (int j = 0; j < outer; j++) x.Bytes.Slice((j * length * inner) + at, size).CopyTo(part.Bytes[(j * size)..]);
            }

            at += size;
        }
    }

    private static void Tile(NodeRun run)
    {
        var x = run.Input(0);
        long[] repeats = run.Input(1).ToInts();
        if (repeats.Length != x.Rank || repeats.Any(times => times is < 0 or > int.MaxValue)) throw run.Wrong($"repeats {x} [{string.Join(", ", repeats)}] times");
        int[] shape = [.. x.Shape.Select((size, i) => checked(size * (int)repeats[i]))];
        // The result is claimed first, so that its limit holds before maps of its size are made.
        var result = run.Output(0, x.Type, shape);
        int[][] maps = [.. shape.Select((size, i) => Enumerable.Range(0, size).Select(at => at % x.Shape[i]).ToArray())];
        CopyMapped(x, maps, default, result);
    }

    private static void Pad(NodeRun run)
    {
        var x = run.Input(0);
        long[] pads = run.Opset >= 11 ? run.Input(1).ToInts() : run.Node.Ints("pads") ?? throw run.Wrong("has no pads");
        long[] axes = run.Optional(3)?.ToInts() ?? [.. Enumerable.Range(0, x.Rank).Select(axis => (long)axis)];
        if (pads.Length != 2 * axes.Length) throw run.Wrong($"has {pads.Length} pads for {axes.Length} axes");
        string mode = run.Node.Text("mode", "constant");
        int[] shape = [.. x.Shape];
        var before = new long[x.Rank];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = run.Axis(axes[i], x.Rank), size = x.Shape[axis];
            long begin = pads[i], end = pads[i + axes.Length], padded = size + begin + end;
            if (padded is < 0 or > int.MaxValue) throw run.Wrong($"pads dimension {axis} of {x} by {begin} and {end}");
            if (size == 0 && padded > 0 && mode != "constant") throw run.Wrong($"pads the empty dimension {axis} of {x} with what is in it");
            if (mode == "reflect" && (begin >= size || end >= size)) throw run.Wrong($"reflects {begin} and {end} elements of the {size} in dimension {axis}");
            shape[axis] = (int)padded;
            before[axis] = begin;
        }

        var result = run.Output(0, x.Type, shape);
        int[][] maps = [.. shape.Select((size, axis) => Enumerable.Range(0, size).Select(at => Padded(run, mode, at - before[axis], x.Shape[axis])).ToArray())];

        var value = run.Opset >= 11 ? run.Optional(2) : null;
        if (value is not null && (value.Type != x.Type || value.Length != 1)) throw run.Wrong($"pads {x} with {value}");
        Span<byte> filler = stackalloc byte[8];
        filler.Clear();
        if (value is not null) value.Bytes.CopyTo(filler);
        else if (run.Opset < 11 && x.Type == OnnxElementType.Float) BitConverter.TryWriteBytes(filler, run.Node.Float("value", 0));
        CopyMapped(x, maps, filler, result);
    }

    private static int Padded(NodeRun run, string mode, long at, int size) => mode switch
    {
        _ when at >= 0 && at < size => (int)at,
        "constant" => -1,
        "edge" => at < 0 ? 0 : size - 1,
        "reflect" => (int)(at < 0 ? -at : (2L * (size - 1)) - at),
        "wrap" => (int)(((at % size) + size) % size),
        _ => throw run.Wrong($"has mode '{mode}'"),
    };

    private static void Where(NodeRun run)
    {
        var (condition, x, y) = (run.Input(0), run.Input(1), run.Input(2));
        if (condition.Type != OnnxElementType.Boolean || x.Type != y.Type) throw run.Wrong($"chooses between {x.Type} and {y.Type} by {condition.Type}");
        int[] shape = Shape.Broadcast(condition.Shape, Shape.Broadcast(x.Shape, y.Shape) ?? throw run.Wrong($"takes {x} and {y}, which do not fit")) ?? throw run.Wrong($"takes {condition} for {x}, which do not fit");
        var result = run.Output(0, x.Type, shape);
        switch (OnnxTensor.WidthOf(x.Type))
        {
            case 1: Choose<byte>(condition, x, y, result); break;
            case 2: Choose<ushort>(condition, x, y, result); break;
            case 4: Choose<uint>(condition, x, y, result); break;
            default: Choose<ulong>(condition, x, y, result); break;
        }
    }

    private static void Choose<T>(Tensor condition, Tensor x, Tensor y, Tensor result)
        where T : unmanaged
    {
        int[] conditionStrides = Shape.BroadcastStrides(condition.Shape, result.Shape), xStrides = Shape.BroadcastStrides(x.Shape, result.Shape), yStrides = Shape.BroadcastStrides(y.Shape, result.Shape);
        var target = Cast<T>(result);
        var truths = condition.Bytes;
        var left = Cast<T>(x);
        var right = Cast<T>(y);
        var loop = new StridedLoop(result.Shape, conditionStrides, xStrides, yStrides);
        int truthStep = Last(conditionStrides), leftStep = Last(xStrides), rightStep = Last(yStrides);
        for (int at = 0; loop.Next(); at += loop.RowLength)
        {
            for (int i = 0; i < loop.RowLength; i++)
            {
                target[at + i] = truths[loop.FirstOffset + (i * truthStep)] != 0 ? left[loop.SecondOffset + (i * leftStep)] : right[loop.ThirdOffset + (i * rightStep)];
            }
        }
    }

    private static void DepthToSpace(NodeRun run)
    {
        var x = run.Input(0);
        int block = BlockSize(run, x);
        string mode = run.Node.Text("mode", "DCR");
        if (x.Shape[1] % (block * block) != 0) throw run.Wrong($"spreads {x.Shape[1]} channels over blocks of {block} x {block}");
        int channels = x.Shape[1] / (block * block);
        var (n, h, w) = (x.Shape[0], x.Shape[2], x.Shape[3]);
        var apart = x.Reshaped(mode == "CRD" ? [n, channels, block, block, h, w] : [n, block, block, channels, h, w]);
        var moved = Permute(run, apart, mode == "CRD" ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
        run.Give(0, moved.Reshaped([n, channels, h * block, w * block]));
        apart.Release();
        moved.Release();
    }

    private static void SpaceToDepth(NodeRun run)
    {
        var x = run.Input(0);
        int block = BlockSize(run, x);
        var (n, c, h, w) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        if (h % block != 0 || w % block != 0) throw run.Wrong($"cuts {h} x {w} into blocks of {block} x {block}");
        var apart = x.Reshaped([n, c, h / block, block, w / block, block]);
        var moved = Permute(run, apart, [0, 3, 5, 1, 2, 4]);
        run.Give(0, moved.Reshaped([n, c * block * block, h / block, w / block]));
        apart.Release();
        moved.Release();
    }

    private static int BlockSize(NodeRun run, Tensor x)
    {
        long block = run.Node.Int("blocksize", 0);
        return x.Rank == 4 && block is >= 1 and < 1 << 15 ? (int)block : throw run.Wrong($"has blocksize {block} for {x}");
    }

    private static void Trilu(NodeRun run)
    {
        var x = run.Input(0);
        if (x.Rank < 2) throw run.Wrong($"takes a triangle of {x}");
        bool upper = run.Node.Int("upper", 1) != 0;
        long diagonal = run.Optional(1)?.ToInts()[0] ?? 0;
        var y = run.Output(0, x.Type, x.Shape);
        x.Bytes.CopyTo(y.Bytes);
        int width = OnnxTensor.WidthOf(x.Type), columns = x.Shape[^1], rows = x.Shape[^2];
        for (int at = 0; at < x.Length; at++)
        {
            long distance = (at % columns) - (at / columns % rows) - diagonal;
            if (upper ? distance < 0 : distance > 0) y.Bytes.Slice(at * width, width).Clear();
        }
    }
}
