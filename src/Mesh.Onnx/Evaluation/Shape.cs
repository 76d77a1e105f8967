namespace Mesh.Onnx.Evaluation;

/// <summary>Arithmetic on sizes of tensors.</summary>
internal static class Shape
{
    public static int Count(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int size in shape) count = checked(count * size);
        return checked((int)count);
    }

    /// <summary>The sizes two tensors have together (ONNX, "Multidirectional broadcasting"), or null when they do not fit.</summary>
    public static int[]? Broadcast(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var result = new int[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= result.Length; i++)
        {
            int left = i <= a.Length ? a[^i] : 1, right = i <= b.Length ? b[^i] : 1;
            if (left != right && left != 1 && right != 1) return null;
            result[^i] = left == 1 ? right : left;
        }

        return result;
    }

    /// <summary>Elements between neighbours along each dimension.</summary>
    public static int[] Strides(ReadOnlySpan<int> shape)
    {
        var strides = new int[shape.Length];
        int stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(1, shape[i]);
        }

        return strides;
    }

    /// <summary>Strides of <paramref name="shape"/> seen as <paramref name="result"/>: 0 along what is repeated.</summary>
    public static int[] BroadcastStrides(ReadOnlySpan<int> shape, ReadOnlySpan<int> result)
    {
        int[] own = Strides(shape);
        var strides = new int[result.Length];
        for (int i = 1; i <= shape.Length; i++) strides[^i] = shape[^i] == 1 ? 0 : own[^i];
        return strides;
    }

    public static bool Same(ReadOnlySpan<int> a, ReadOnlySpan<int> b) => a.SequenceEqual(b);

    public static string Text(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
