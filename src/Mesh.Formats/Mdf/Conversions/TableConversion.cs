namespace Mesh.Formats.Mdf.Conversions;

/// <summary><see cref="MdfConversionKind.TableInterpolated"/> and <see cref="MdfConversionKind.Table"/>: keys ascend strictly.</summary>
internal sealed class TableConversion : NumericConversion
{
    private readonly double[] keys;
    private readonly double[] results;
    private readonly bool interpolates;

    private TableConversion(double[] keys, double[] results, bool interpolates)
    {
        this.keys = keys;
        this.results = results;
        this.interpolates = interpolates;
    }

    /// <summary>The table; null when it has no usable key.</summary>
    /// <remarks>Writers are known that do not sort: the pairs are sorted here, and of equal keys the first counts.</remarks>
    public static TableConversion? Create(IReadOnlyList<double> pairs, bool interpolates)
    {
        var sorted = Enumerable.Range(0, pairs.Count / 2)
            .Select(i => (Key: pairs[2 * i], Result: pairs[(2 * i) + 1]))
            .Where(pair => !double.IsNaN(pair.Key))
            .OrderBy(pair => pair.Key)
            .DistinctBy(pair => pair.Key)
            .ToArray();
        if (sorted.Length == 0) return null;
        return new TableConversion([.. sorted.Select(pair => pair.Key)], [.. sorted.Select(pair => pair.Result)], interpolates);
    }

    public override void Apply(Span<double> values)
    {
        foreach (ref double x in values) x = Find(x);
    }

    private double Find(double x)
    {
        if (double.IsNaN(x)) return x;
        int index = Array.BinarySearch(keys, x);
        if (index >= 0) return results[index];
        int above = ~index;
        if (above == 0) return results[0];
        if (above == keys.Length) return results[^1];
        double below = keys[above - 1];
        if (interpolates) return results[above - 1] + ((x - below) / (keys[above] - below) * (results[above] - results[above - 1]));
        // Exactly between two keys the lower one counts.
        return x - below <= keys[above] - x ? results[above - 1] : results[above];
    }
}
