using System.Buffers;
using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Convolution as a matrix product: the pixels under each position of the kernel become a column (im2col), a strip of rows at a time.</summary>
internal static class ConvolutionKernels
{
    /// <summary>Elements of the column matrix made at once, so that it stays in the cache.</summary>
    private const int StripElements = 1 << 17;

    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["Conv"] = run =>
        {
            var (x, weights) = (run.Input(0), run.Input(1));
            if (x.Type != weights.Type) throw run.Wrong($"takes {x.Type} and weights of {weights.Type}");
            if (x.Type == OnnxElementType.Float) run.Give(0, Convolve<float>(run, x, weights, run.Optional(2)));
            else if (x.Type == OnnxElementType.Double) run.Give(0, Convolve<double>(run, x, weights, run.Optional(2)));
            else throw run.UnsupportedType(x.Type);
        },
        ["ConvTranspose"] = run =>
        {
            if (run.Input(0).Type == OnnxElementType.Float) Transpose<float>(run);
            else if (run.Input(0).Type == OnnxElementType.Double) Transpose<double>(run);
            else throw run.UnsupportedType(run.Input(0).Type);
        },
    };

    /// <summary>x (N, C, …) with weights (M, C / groups, …) gives (N, M, …).</summary>
    public static Tensor Convolve<T>(NodeRun run, Tensor x, Tensor weights, Tensor? bias)
        where T : unmanaged, INumber<T>
    {
        if (x.Rank < 3 || weights.Rank != x.Rank) throw run.Wrong($"takes {x} and weights {weights}, which do not fit");
        int groups = Groups(run), channels = x.Shape[1], filters = weights.Shape[0];
        if (channels != (long)weights.Shape[1] * groups || filters % groups != 0) throw run.Wrong($"takes {x}, weights {weights} and {groups} groups, which do not fit");
        CheckKernelShape(run, weights);
        if (bias is not null && (bias.Rank != 1 || bias.Shape[0] != filters || bias.Type != x.Type)) throw run.Wrong($"has a bias of {bias} for {filters} filters");
        var window = Window.Slide(run, x.Shape.AsSpan(2), weights.Shape.AsSpan(2));
        var result = run.Scratch(x.Type, [x.Shape[0], filters, .. window.OutputShape]);
        var source = x.As<T>();
        var kernels = weights.As<T>();
        var target = result.As<T>();
        int groupChannels = channels / groups, groupFilters = filters / groups;
        int inner = checked(groupChannels * window.KernelCount), outputs = window.OutputCount, inputs = window.InputCount;

        int rowLength = window.Output[2], rowCount = window.Output[0] * window.Output[1];
        int rowsAtOnce = (int)Math.Clamp(StripElements / Math.Max(1, (long)inner * rowLength), 1, rowCount);
        T[] columns = window.IsPointwise ? [] : ArrayPool<T>.Shared.Rent(checked(inner * rowsAtOnce * rowLength));
        for (int image = 0; image < x.Shape[0]; image++)
        {
            for (int group = 0; group < groups; group++)
            {
                var plane = source.Slice(((image * channels) + (group * groupChannels)) * inputs, groupChannels * inputs);
                var filter = kernels.Slice(group * groupFilters * inner, groupFilters * inner);
                var output = target.Slice(((image * filters) + (group * groupFilters)) * outputs, groupFilters * outputs);
                if (window.IsPointwise)
                {
                    MatrixProduct.Run(groupFilters, outputs, inner, filter, inner, plane, inputs, output, outputs);
                    continue;
                }

                for (int row = 0; row < rowCount; row += rowsAtOnce)
                {
                    int rows = Math.Min(rowsAtOnce, rowCount - row), width = rows * rowLength;
                    Gather(window, plane, groupChannels, row, rows, columns.AsSpan(0, inner * width));
                    MatrixProduct.Run(groupFilters, width, inner, filter, inner, columns, width, output[(row * rowLength)..], outputs);
                }
            }
        }

        if (columns.Length > 0) ArrayPool<T>.Shared.Return(columns);
        if (bias is not null) AddPerChannel(target, bias.As<T>(), outputs);
        return result;
    }

    private static void Transpose<T>(NodeRun run)
        where T : unmanaged, INumber<T>
    {
        var (x, weights, bias) = (run.Input(0), run.Input(1), run.Optional(2));
        int groups = Groups(run);
        if (x.Rank < 3 || weights.Rank != x.Rank || x.Type != weights.Type) throw run.Wrong($"takes {x} and weights {weights}, which do not fit");
        int channels = x.Shape[1], groupFilters = weights.Shape[1], filters = checked(groupFilters * groups);
        if (channels != weights.Shape[0] || channels % groups != 0) throw run.Wrong($"takes {x}, weights {weights} and {groups} groups, which do not fit");
        CheckKernelShape(run, weights);
        if (bias is not null && (bias.Rank != 1 || bias.Shape[0] != filters || bias.Type != x.Type)) throw run.Wrong($"has a bias of {bias} for {filters} filters");
        var window = Window.Transpose(run, x.Shape.AsSpan(2), weights.Shape.AsSpan(2));
        var result = run.Output(0, x.Type, [x.Shape[0], filters, .. window.Input.AsSpan(Window.MaxDimensions - window.Dimensions)]);
        var source = x.As<T>();
        var target = result.As<T>();
        target.Clear();
        int groupChannels = channels / groups, given = window.OutputCount, produced = window.InputCount, columnRows = checked(groupFilters * window.KernelCount);
        var turned = run.Scratch(x.Type, columnRows, groupChannels);
        var columns = run.Scratch(x.Type, columnRows, given);
        for (int group = 0; group < groups; group++)
        {
            var kernel = weights.As<T>().Slice(group * groupChannels * columnRows, groupChannels * columnRows);
            for (int c = 0; c < groupChannels; c++)
            {
                for (int k = 0; k < columnRows; k++) turned.As<T>()[(k * groupChannels) + c] = kernel[(c * columnRows) + k];
            }

            for (int image = 0; image < x.Shape[0]; image++)
            {
                var plane = source.Slice(((image * channels) + (group * groupChannels)) * given, groupChannels * given);
                MatrixProduct.Run<T>(columnRows, given, groupChannels, turned.As<T>(), groupChannels, plane, given, columns.As<T>(), given);
                Scatter<T>(window, columns.As<T>(), groupFilters, target.Slice(((image * filters) + (group * groupFilters)) * produced, groupFilters * produced));
            }
        }

        turned.Release();
        columns.Release();
        if (bias is not null) AddPerChannel(target, bias.As<T>(), produced);
    }

    private static int Groups(NodeRun run)
    {
        long groups = run.Node.Int("group", 1);
        return groups is >= 1 and <= int.MaxValue ? (int)groups : throw run.Wrong($"has {groups} groups");
    }

    private static void CheckKernelShape(NodeRun run, Tensor weights)
    {
        if (run.Node.Ints("kernel_shape") is { } named && !named.SequenceEqual(weights.Shape.Skip(2).Select(size => (long)size))) throw run.Wrong($"has kernel_shape [{string.Join(", ", named)}] and weights {weights}");
    }

    private static void AddPerChannel<T>(Span<T> target, ReadOnlySpan<T> bias, int count)
        where T : unmanaged, INumber<T>
    {
        for (int at = 0, channel = 0; at < target.Length; at += count, channel = (channel + 1) % bias.Length)
        {
            T addend = bias[channel];
            foreach (ref T value in target.Slice(at, count)) value += addend;
        }
    }

    /// <summary>Columns of output rows <paramref name="firstRow"/> to <paramref name="firstRow"/> + <paramref name="rows"/>, kernel positions outermost.</summary>
    private static void Gather<T>(Window window, ReadOnlySpan<T> plane, int channels, int firstRow, int rows, Span<T> columns)
        where T : unmanaged, INumber<T>
    {
        int at = 0, inputs = window.InputCount, height = window.Input[1], width = window.Input[2], rowLength = window.Output[2], stride = window.Stride[2];
        for (int channel = 0; channel < channels; channel++)
        {
            for (int kz = 0; kz < window.Kernel[0]; kz++)
            {
                for (int ky = 0; ky < window.Kernel[1]; ky++)
                {
                    for (int kx = 0; kx < window.Kernel[2]; kx++)
                    {
                        for (int row = firstRow; row < firstRow + rows; row++, at += rowLength)
                        {
                            var target = columns.Slice(at, rowLength);
                            int z = (row / window.Output[1] * window.Stride[0]) - window.PadBegin[0] + (kz * window.Dilation[0]);
                            int y = (row % window.Output[1] * window.Stride[1]) - window.PadBegin[1] + (ky * window.Dilation[1]);
                            if ((uint)z >= (uint)window.Input[0] || (uint)y >= (uint)height)
                            {
                                target.Clear();
                                continue;
                            }

                            var line = plane.Slice((channel * inputs) + (((z * height) + y) * width), width);
                            int x = (kx * window.Dilation[2]) - window.PadBegin[2];
                            if (stride == 1)
                            {
                                int skipped = Math.Clamp(-x, 0, rowLength), used = Math.Clamp(width - x - skipped, 0, rowLength - skipped);
                                target[..skipped].Clear();
                                if (used > 0) line.Slice(x + skipped, used).CopyTo(target[skipped..]);
                                target[(skipped + used)..].Clear();
                                continue;
                            }

                            for (int i = 0; i < target.Length; i++, x += stride) target[i] = (uint)x < (uint)width ? line[x] : T.Zero;
                        }
                    }
                }
            }
        }
    }

    /// <summary>The reverse of <see cref="Gather"/> for all rows: adds each column's elements to where they came from.</summary>
    private static void Scatter<T>(Window window, ReadOnlySpan<T> columns, int channels, Span<T> plane)
        where T : unmanaged, INumber<T>
    {
        int at = 0, inputs = window.InputCount, height = window.Input[1], width = window.Input[2], rowLength = window.Output[2], rows = window.Output[0] * window.Output[1];
        for (int channel = 0; channel < channels; channel++)
        {
            for (int kz = 0; kz < window.Kernel[0]; kz++)
            {
                for (int ky = 0; ky < window.Kernel[1]; ky++)
                {
                    for (int kx = 0; kx < window.Kernel[2]; kx++)
                    {
                        for (int row = 0; row < rows; row++, at += rowLength)
                        {
                            int z = (row / window.Output[1] * window.Stride[0]) - window.PadBegin[0] + (kz * window.Dilation[0]);
                            int y = (row % window.Output[1] * window.Stride[1]) - window.PadBegin[1] + (ky * window.Dilation[1]);
                            if ((uint)z >= (uint)window.Input[0] || (uint)y >= (uint)height) continue;
                            var line = plane.Slice((channel * inputs) + (((z * height) + y) * width), width);
                            int x = (kx * window.Dilation[2]) - window.PadBegin[2];
                            for (int i = 0; i < rowLength; i++, x += window.Stride[2])
                            {
                                if ((uint)x < (uint)width) line[x] += columns[at + i];
                            }
                        }
                    }
                }
            }
        }
    }
}
