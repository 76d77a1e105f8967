namespace Mesh.Formats.Mdf.Conversions;

/// <summary><see cref="MdfConversionKind.RangeToValue"/>, and tables of text whose entries are all scales.</summary>
internal sealed class SelectConversion(KeyIndex index, NumericConversion[] results, NumericConversion other) : NumericConversion
{
    public override void Apply(Span<double> values)
    {
        foreach (ref double x in values)
        {
            int entry = index.Find(x);
            x = (entry < 0 ? other : results[entry]).Apply(x);
        }
    }
}

/// <summary>The same number whatever the value.</summary>
internal sealed class ConstantConversion(double result) : NumericConversion
{
    public override void Apply(Span<double> values) => values.Fill(result);
}
