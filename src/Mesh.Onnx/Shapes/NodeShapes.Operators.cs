using Mesh.Onnx.Evaluation.Kernels;

namespace Mesh.Onnx.Shapes;

/// <summary>The rules of single operators.</summary>
internal sealed partial class NodeShapes
{
    private InferredType MatMul()
    {
        var type = node.OperatorType switch { "MatMul" => Type(0), "MatMulInteger" => OnnxElementType.Int32, _ => Type(7) };
        if (Shape(0) is not { } a || Shape(node.OperatorType == "QLinearMatMul" ? 3 : 1) is not { } b) return new(type, null);
        if (a.Count == 0 || b.Count == 0) throw run.Wrong("multiplies a number; a matrix product needs dimensions");
        var inner = b.Count == 1 ? b[0] : b[^2];
        if (a[^1].Size is { } columns && inner.Size is { } rows && columns != rows) throw run.Wrong($"multiplies [{string.Join(", ", a)}] by [{string.Join(", ", b)}]: {columns} columns meet {rows} rows");
        List<Dimension> shape = [.. Broadcast([.. a.Take(Math.Max(0, a.Count - 2))], [.. b.Take(Math.Max(0, b.Count - 2))])];
        if (a.Count > 1) shape.Add(a[^2]);
        if (b.Count > 1) shape.Add(b[^1]);
        return new(type, shape);
    }

    private InferredType Gemm()
    {
        if (Shape(0) is not { } a || Shape(1) is not { } b) return new(Type(0), null);
        if (a.Count != 2 || b.Count != 2) throw run.Wrong($"multiplies [{string.Join(", ", a)}] by [{string.Join(", ", b)}], expected two matrices");
        var (rows, inner) = node.Int("transA", 0) != 0 ? (a[1], a[0]) : (a[0], a[1]);
        var (other, columns) = node.Int("transB", 0) != 0 ? (b[1], b[0]) : (b[0], b[1]);
        if (inner.Size is { } x && other.Size is { } y && x != y) throw run.Wrong($"multiplies [{string.Join(", ", a)}] by [{string.Join(", ", b)}]: {x} columns meet {y} rows");
        return new(Type(0), [rows, columns]);
    }

    private InferredType Conv()
    {
        bool quantised = node.OperatorType == "QLinearConv";
        var type = node.OperatorType switch { "Conv" => Type(0), "ConvInteger" => OnnxElementType.Int32, _ => Type(7) };
        if (Shape(0) is not { } x || Shape(quantised ? 3 : 1) is not { } w) return new(type, null);
        if (x.Count < 3 || w.Count != x.Count) throw run.Wrong($"takes [{string.Join(", ", x)}] and weights [{string.Join(", ", w)}], which do not fit");
        if (x[1].Size is { } channels && w[1].Size is { } perGroup && channels != perGroup * node.Int("group", 1)) throw run.Wrong($"takes {channels} channels, weights [{string.Join(", ", w)}] and {node.Int("group", 1)} groups, which do not fit");
        return new(type, [x[0], w[0], .. Slid(x, Sizes(w, 2) ?? node.Ints("kernel_shape"))]);
    }

    private InferredType ConvTranspose()
    {
        if (Shape(0) is not { } x || Shape(1) is not { } w) return new(Type(0), null);
        if (x.Count < 3 || w.Count != x.Count) throw run.Wrong($"takes [{string.Join(", ", x)}] and weights [{string.Join(", ", w)}], which do not fit");
        var filters = w[1].Size is { } perGroup ? Dimension.Of(perGroup * node.Int("group", 1)) : Dimension.Unknown;
        if (Sizes(x, 2) is not { } sizes || Sizes(w, 2) is not { } kernel) return new(Type(0), [x[0], filters, .. Enumerable.Repeat(Dimension.Unknown, x.Count - 2)]);
        var window = Window.Transpose(run, Narrow(sizes), Narrow(kernel));
        return new(Type(0), [x[0], filters, .. window.Input.Skip(Window.MaxDimensions - sizes.Length).Select(size => Dimension.Of(size))]);
    }

    private InferredType[] Pool()
    {
        if (Shape(0) is not { } x) return [new(Type(0), null), new(OnnxElementType.Int64, null)];
        if (x.Count < 3) throw run.Wrong($"takes [{string.Join(", ", x)}] where images and channels are expected before what is pooled");
        Dimension[] shape = [x[0], x[1], .. Slid(x, node.Ints("kernel_shape"))];
        return [new(Type(0), shape), new(OnnxElementType.Int64, shape)];
    }

    private IEnumerable<Dimension> Slid(IReadOnlyList<Dimension> x, long[]? kernel)
    {
        if (Sizes(x, 2) is not { } sizes || kernel is null) return Enumerable.Repeat(Dimension.Unknown, x.Count - 2);
        return Window.Slide(run, Narrow(sizes), Narrow(kernel)).OutputShape.ToArray().Select(size => Dimension.Of(size));
    }

    private static long[]? Sizes(IReadOnlyList<Dimension> shape, int from) => shape.Skip(from).All(size => size.Size is not null) ? [.. shape.Skip(from).Select(size => size.Size!.Value)] : null;

    private static int[] Narrow(long[] sizes) => [.. sizes.Select(size => checked((int)size))];

    private InferredType[] LayerNormalization()
    {
        if (Shape(0) is not { } x) return [In(0)];
        int axis = Axis(node.Int("axis", -1), x.Count);
        var statistics = new InferredType(OnnxElementType.Float, [.. x.Select((size, i) => i < axis ? size : Dimension.Of(1))]);
        return [In(0), statistics, statistics];
    }

    private Dimension[]? Reduce()
    {
        bool asInput = opset >= (node.OperatorType == "ReduceSum" ? 13 : 18);
        if (asInput && node.Input(1) is not null && Ints(1) is null) return null;
        long[] axes = (asInput ? Ints(1) : node.Ints("axes")) ?? [];
        if (axes.Length == 0 && asInput && node.Int("noop_with_empty_axes", 0) != 0) return Shape(0)?.ToArray();
        return axes.Length == 0 ? Shape(0) is { } all ? Reduced([.. Enumerable.Range(0, all.Count).Select(axis => (long)axis)]) : null : Reduced(axes);
    }

    private Dimension[]? Reduced(long[] axes)
    {
        if (Shape(0) is not { } x) return null;
        var reduced = axes.Select(axis => Axis(axis, x.Count)).ToHashSet();
        return node.Int("keepdims", 1) != 0 ? [.. x.Select((size, i) => reduced.Contains(i) ? Dimension.Of(1) : size)] : [.. x.Where((_, i) => !reduced.Contains(i))];
    }

    private Dimension[]? Reshape()
    {
        if (Contents(1) is not { } wanted) return Shape(1) is [{ Size: >= 0 and <= 64 and var rank }] ? new Dimension[rank] : null;
        var x = Shape(0);
        Dimension[] shape = [.. wanted.Select((size, i) => size.Size == 0 && node.Int("allowzero", 0) == 0 ? x is null || i >= x.Count ? Dimension.Unknown : x[i] : size.Size == -1 ? Dimension.Unknown : size)];
        int open = Array.FindIndex(wanted, size => size.Size == -1);
        if (x is null || shape.Where((size, i) => i != open && !size.IsKnown).Any() || x.Any(size => !size.IsKnown)) return shape;

        // What the known dimensions leave over, once symbols on both sides have cancelled each other.
        List<string> symbols = [.. x.Where(size => size.Symbol is not null).Select(size => size.Symbol!)];
        bool cancels = shape.Where((size, i) => i != open && size.Symbol is not null).All(size => symbols.Remove(size.Symbol!));
        Int128 have = Product(x), need = Product(shape);
        if (!cancels) return shape;
        if (open < 0)
        {
            if (symbols.Count == 0 && have != need) throw run.Wrong($"reshapes [{string.Join(", ", x)}] to [{string.Join(", ", wanted)}]");
            return shape;
        }

        if (symbols.Count == 0 && (need == 0 || have % need != 0)) throw run.Wrong($"reshapes [{string.Join(", ", x)}] to [{string.Join(", ", wanted)}]");
        if (symbols.Count == 0) shape[open] = Dimension.Of((long)(have / need));
        else if (symbols.Count == 1 && have == need) shape[open] = Dimension.Named(symbols[0]);
        return shape;
    }

    private static Int128 Product(IEnumerable<Dimension> shape) => shape.Aggregate((Int128)1, (product, size) => Int128.Min(product * (size.Size ?? 1), long.MaxValue));

    private Dimension[]? Flatten()
    {
        if (Shape(0) is not { } x) return [Dimension.Unknown, Dimension.Unknown];
        long axis = node.Int("axis", 1);
        int first = axis == x.Count ? x.Count : Axis(axis, x.Count);
        return [Joined([.. x.Take(first)]), Joined([.. x.Skip(first)])];
    }

    private static Dimension Joined(Dimension[] sizes)
    {
        var others = sizes.Where(size => size.Size != 1).ToList();
        if (others.Count == 1) return others[0];
        Int128 product = Product(sizes);
        return sizes.All(size => size.Size is not null) && product < long.MaxValue ? Dimension.Of((long)product) : Dimension.Unknown;
    }

    private Dimension[]? Transpose()
    {
        if (Shape(0) is not { } x) return null;
        long[] order = node.Ints("perm") ?? [.. Enumerable.Range(0, x.Count).Reverse().Select(axis => (long)axis)];
        if (order.Length != x.Count || order.Distinct().Count() != x.Count) throw run.Wrong($"has perm [{string.Join(", ", order)}] for [{string.Join(", ", x)}]");
        return [.. order.Select(axis => x[Axis(axis, x.Count)])];
    }

    private Dimension[]? Concat()
    {
        var shapes = node.Inputs.Select((_, i) => Shape(i)).ToList();
        if (shapes.FirstOrDefault(shape => shape is not null) is not { } first) return null;
        int axis = Axis(node.Int("axis", 0), first.Count);
        var result = first.ToArray();
        if (shapes.Any(shape => shape is null)) return [.. result.Select((size, i) => i == axis ? Dimension.Unknown : size)];
        foreach (var shape in shapes.OfType<IReadOnlyList<Dimension>>())
        {
            if (shape.Count != first.Count) throw run.Wrong($"joins [{string.Join(", ", first)}] and [{string.Join(", ", shape)}]");
            for (int i = 0; i < result.Length; i++)
            {
                if (i == axis) continue;
                if (result[i].Size is { } a && shape[i].Size is { } b && a != b) throw run.Wrong($"joins [{string.Join(", ", first)}] and [{string.Join(", ", shape)}] along axis {axis}");
                if (result[i].Size is null && shape[i].IsKnown) result[i] = shape[i];
            }
        }

        result[axis] = shapes.All(shape => shape![axis].Size is not null) ? Dimension.Of(checked(shapes.Sum(shape => shape![axis].Size!.Value))) : Dimension.Unknown;
        return result;
    }

    private InferredType[] Split()
    {
        int parts = node.Outputs.Count;
        if (Shape(0) is not { } x) return [.. Enumerable.Repeat(new InferredType(Type(0), null), parts)];
        int axis = Axis(node.Int("axis", 0), x.Count);
        long[]? sizes = opset >= 13 ? Ints(1) : node.Ints("split");
        bool even = sizes is null && (opset < 13 || node.Input(1) is null);
        long chunk = even && x[axis].Size is { } all ? (all + parts - 1) / parts : 0;
        return [.. Enumerable.Range(0, parts).Select(part => new InferredType(Type(0), [.. x.Select((size, i) => i != axis ? size
            : sizes is not null && part < sizes.Length ? Dimension.Of(sizes[part])
            : even && size.Size is { } length ? Dimension.Of(Math.Max(0, Math.Min(chunk, length - (part * chunk)))) : Dimension.Unknown)]))];
    }

    private Dimension[]? Slice()
    {
        if (Shape(0) is not { } x) return null;
        bool asInputs = opset >= 10;
        long[]? starts = asInputs ? Ints(1) : node.Ints("starts"), ends = asInputs ? Ints(2) : node.Ints("ends");
        if (asInputs && ((node.Input(3) is not null && Ints(3) is null) || (node.Input(4) is not null && Ints(4) is null))) return new Dimension[x.Count];
        if (starts is null || ends is null || starts.Length != ends.Length) return new Dimension[x.Count];
        long[] axes = (asInputs ? Ints(3) : node.Ints("axes")) ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = (asInputs ? Ints(4) : null) ?? [.. Enumerable.Repeat(1L, starts.Length)];
        if (axes.Length != starts.Length || steps.Length != starts.Length || steps.Contains(0)) throw run.Wrong($"has {starts.Length} starts, {axes.Length} axes and the steps [{string.Join(", ", steps)}]");
        var result = x.ToArray();
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = Axis(axes[i], x.Count);
            bool whole = starts[i] == 0 && ends[i] >= int.MaxValue && steps[i] == 1;
            if (!whole) result[axis] = x[axis].Size is >= 0 and <= int.MaxValue and { } size ? Dimension.Of(MovementKernels.SliceRange(starts[i], ends[i], steps[i], (int)size).Count) : Dimension.Unknown;
        }

        return result;
    }

    private Dimension[]? Gather()
    {
        if (Shape(0) is not { } x || Shape(1) is not { } indices) return null;
        int axis = Axis(node.Int("axis", 0), x.Count);
        return [.. x.Take(axis), .. indices, .. x.Skip(axis + 1)];
    }

    private Dimension[]? Squeeze()
    {
        bool named = opset >= 13 ? node.Input(1) is not null : node.Has("axes");
        if (Shape(0) is not { } x) return null;
        if (!named) return x.All(size => size.Size is not null) ? [.. x.Where(size => size.Size != 1)] : null;
        if ((opset >= 13 ? Ints(1) : node.Ints("axes")) is not { } axes) return null;
        var squeezed = axes.Select(axis => Axis(axis, x.Count)).ToHashSet();
        if (squeezed.Any(axis => x[axis].Size is { } size && size != 1)) throw run.Wrong($"squeezes dimensions {string.Join(", ", squeezed)} of [{string.Join(", ", x)}]");
        return [.. x.Where((_, i) => !squeezed.Contains(i))];
    }

    private Dimension[]? Unsqueeze()
    {
        if (Shape(0) is not { } x || (opset >= 13 ? Ints(1) : node.Ints("axes")) is not { } axes) return null;
        int rank = x.Count + axes.Length, next = 0;
        var inserted = axes.Select(axis => Axis(axis, rank)).ToHashSet();
        if (inserted.Count != axes.Length) throw run.Wrong($"inserts a dimension twice: [{string.Join(", ", axes)}]");
        return [.. Enumerable.Range(0, rank).Select(i => inserted.Contains(i) ? Dimension.Of(1) : x[next++])];
    }

    private Dimension[]? Tile() => Shape(0) is not { } x ? null
        : Ints(1) is { } times && times.Length == x.Count ? [.. x.Select((size, i) => times[i] == 1 ? size : size.Size is { } length ? Dimension.Of(checked(length * times[i])) : Dimension.Unknown)]
        : new Dimension[x.Count];

    private Dimension[]? Pad()
    {
        if (Shape(0) is not { } x) return null;
        if ((opset >= 11 ? Ints(1) : node.Ints("pads")) is not { } pads || (node.Input(3) is not null && Ints(3) is null)) return new Dimension[x.Count];
        long[] axes = Ints(3) ?? [.. Enumerable.Range(0, x.Count).Select(axis => (long)axis)];
        if (pads.Length != 2 * axes.Length) throw run.Wrong($"has {pads.Length} pads for {axes.Length} axes");
        var result = x.ToArray();
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = Axis(axes[i], x.Count);
            long added = checked(pads[i] + pads[i + axes.Length]);
            if (added != 0) result[axis] = x[axis].Size is { } size ? Dimension.Of(checked(size + added)) : Dimension.Unknown;
        }

        return result;
    }

    private Dimension[]? Resize()
    {
        if (Shape(0) is not { } x) return null;
        var result = new Dimension[x.Count];
        if (node.Ints("axes") is not null || node.Has("keep_aspect_ratio_policy")) return result;
        if (opset >= 11 && node.OperatorType == "Resize" && node.Input(3) is not null) return Contents(3) is { } sizes && sizes.Length == x.Count ? sizes : result;
        var scales = node.Input(opset >= 11 && node.OperatorType == "Resize" ? 2 : 1);
        float[]? factors = Graph.ModelGraph.ConstantOf(scales) is { ElementType: OnnxElementType.Float } tensor ? tensor.As<float>().ToArray() : node.Floats("scales");
        if (factors is null || factors.Length != x.Count) return result;
        return [.. x.Select((size, i) => factors[i] == 1 ? size : size.Size is { } length ? Dimension.Of((long)MathF.Floor(length * factors[i])) : Dimension.Unknown)];
    }
}
