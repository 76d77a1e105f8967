using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>
/// How a kernel slides over up to three spatial dimensions (ONNX <c>Conv</c> and the pooling operators): fewer dimensions are filled up with
/// ones in front.
/// </summary>
internal sealed class Window
{
    public const int MaxDimensions = 3;

    private Window(int[] input, int[] kernel, int[] stride, int[] dilation, int[] padBegin, int[] padEnd, int[] output, int dimensions)
    {
        (Input, Kernel, Stride, Dilation, PadBegin, PadEnd, Output, Dimensions) = (input, kernel, stride, dilation, padBegin, padEnd, output, dimensions);
    }

    public int[] Input { get; }

    public int[] Kernel { get; }

    public int[] Stride { get; }

    public int[] Dilation { get; }

    public int[] PadBegin { get; }

    public int[] PadEnd { get; }

    public int[] Output { get; }

    public int Dimensions { get; }

    public int InputCount => Shape.Count(Input);

    public int KernelCount => Shape.Count(Kernel);

    public int OutputCount => Shape.Count(Output);

    public bool IsPointwise => KernelCount == 1 && Stride.All(step => step == 1) && PadBegin.All(pad => pad == 0) && PadEnd.All(pad => pad == 0);

    /// <summary>Sizes as the output tensor has them.</summary>
    public ReadOnlySpan<int> OutputShape => Output.AsSpan(MaxDimensions - Dimensions);

    public static Window Slide(NodeRun run, ReadOnlySpan<int> input, ReadOnlySpan<int> kernel)
    {
        var (node, n) = (run.Node, input.Length);
        Check(run, input, kernel);
        int[] stride = Attribute(run, "strides", n), dilation = Attribute(run, "dilations", n);
        var (begin, end) = Pads(run, n);
        string autoPad = node.Text("auto_pad", "NOTSET");
        bool ceiling = node.Int("ceil_mode", 0) != 0;
        var output = new int[n];
        for (int i = 0; i < n; i++)
        {
            long extent = ((kernel[i] - 1L) * dilation[i]) + 1;
            if (autoPad is "SAME_UPPER" or "SAME_LOWER")
            {
                long target = (input[i] + stride[i] - 1L) / stride[i];
                int total = checked((int)Math.Max(0, ((target - 1) * stride[i]) + extent - input[i]));
                (begin[i], end[i]) = autoPad == "SAME_UPPER" ? (total / 2, total - (total / 2)) : (total - (total / 2), total / 2);
            }
            else if (autoPad == "VALID")
            {
                (begin[i], end[i]) = (0, 0);
            }
            else if (autoPad != "NOTSET")
            {
                throw run.Wrong($"has auto_pad '{autoPad}'");
            }

            long free = (long)input[i] + begin[i] + end[i] - extent;
            if (free < 0) throw run.Wrong($"slides a kernel {extent} wide over {(long)input[i] + begin[i] + end[i]}");
            output[i] = checked((int)((free + (ceiling ? stride[i] - 1 : 0)) / stride[i]) + 1);
            // A window that would start behind the input and its first padding is left out.
            if (ceiling && (output[i] - 1L) * stride[i] >= (long)input[i] + begin[i]) output[i]--;
        }

        return new Window(Fill(input, 1), Fill(kernel, 1), Fill(stride, 1), Fill(dilation, 1), Fill(begin, 0), Fill(end, 0), Fill(output, 1), n);
    }

    /// <summary>The other way round, for <c>ConvTranspose</c>: <see cref="Input"/> is what the operator puts out.</summary>
    public static Window Transpose(NodeRun run, ReadOnlySpan<int> given, ReadOnlySpan<int> kernel)
    {
        var (node, n) = (run.Node, given.Length);
        Check(run, given, kernel);
        int[] stride = Attribute(run, "strides", n), dilation = Attribute(run, "dilations", n);
        long[] extra = node.Ints("output_padding") ?? new long[n], wanted = node.Ints("output_shape") ?? [];
        if (extra.Length != n || (wanted.Length != 0 && wanted.Length != n)) throw run.Wrong($"has output_padding or output_shape of another length than its {n} dimensions");
        var (begin, end) = Pads(run, n);
        string autoPad = node.Text("auto_pad", "NOTSET");
        var result = new int[n];
        for (int i = 0; i < n; i++)
        {
            long full = (stride[i] * (given[i] - 1L)) + extra[i] + ((kernel[i] - 1L) * dilation[i]) + 1;
            if (wanted.Length > 0 || autoPad is "SAME_UPPER" or "SAME_LOWER")
            {
                long size = wanted.Length > 0 ? wanted[i] : (long)given[i] * stride[i];
                int total = checked((int)Math.Max(0, full - size));
                (begin[i], end[i]) = autoPad == "SAME_UPPER" ? (total / 2, total - (total / 2)) : (total - (total / 2), total / 2);
                result[i] = checked((int)size);
            }
            else
            {
                if (autoPad == "VALID") (begin[i], end[i]) = (0, 0);
                result[i] = checked((int)(full - begin[i] - end[i]));
            }

            if (result[i] <= 0) throw run.Wrong($"computes a dimension of {result[i]}");
        }

        return new Window(Fill(result, 1), Fill(kernel, 1), Fill(stride, 1), Fill(dilation, 1), Fill(begin, 0), Fill(end, 0), Fill(given, 1), n);
    }

    private static void Check(NodeRun run, ReadOnlySpan<int> input, ReadOnlySpan<int> kernel)
    {
        if (input.Length is < 1 or > MaxDimensions) throw run.Unsupported($"it slides over {input.Length} dimensions; 1 to {MaxDimensions} are supported");
        if (kernel.Length != input.Length) throw run.Wrong($"has a kernel of {kernel.Length} dimensions over {input.Length}");
        foreach (int size in kernel)
        {
            if (size < 1) throw run.Wrong($"has a kernel of size {Shape.Text(kernel)}");
        }
    }

    private static int[] Attribute(NodeRun run, string name, int count)
    {
        long[] values = run.Node.Ints(name) ?? [.. Enumerable.Repeat(1L, count)];
        if (values.Length != count || values.Any(value => value is < 1 or > int.MaxValue)) throw run.Wrong($"has {name} [{string.Join(", ", values)}] for {count} dimensions");
        return [.. values.Select(value => (int)value)];
    }

    private static (int[] Begin, int[] End) Pads(NodeRun run, int count)
    {
        long[] pads = run.Node.Ints("pads") ?? new long[2 * count];
        if (pads.Length != 2 * count || pads.Any(value => value is < 0 or > int.MaxValue)) throw run.Wrong($"has pads [{string.Join(", ", pads)}] for {count} dimensions");
        return ([.. pads[..count].Select(pad => (int)pad)], [.. pads[count..].Select(pad => (int)pad)]);
    }

    private static int[] Fill(ReadOnlySpan<int> values, int filler)
    {
        int[] result = [filler, filler, filler];
        values.CopyTo(result.AsSpan(MaxDimensions - values.Length));
        return result;
    }
}
