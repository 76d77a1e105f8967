namespace Mesh.Formats.Mdf.Conversions;

/// <summary><see cref="MdfConversionKind.RangeToValue"/>.</summary>
internal sealed class RangeTable(KeyIndex index, double[] results, double other) : NumericConversion
{
    public override void Apply(Span<double> values)
    {
        foreach (ref double x in values)
        {
            int entry = index.Find(x);
            x = entry < 0 ? other : results[entry];
        }
    }
}

/// <summary>Tables of text whose entries are all scales.</summary>
internal sealed class ScaleTable(KeyIndex index, NumericConversion[] scales, NumericConversion other) : NumericConversion
{
    public override void Apply(Span<double> values)
    {
        foreach (ref double x in values)
        {
            int entry = index.Find(x);
            x = (entry < 0 ? other : scales[entry]).Apply(x);
        }
    }
}
