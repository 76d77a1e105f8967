namespace Mesh.Formats.Mdf.Conversions;

/// <summary>A conversion from numbers to numbers, applied to a tile of values at once.</summary>
internal abstract class NumericConversion
{
    /// <summary>Replaces raw values by physical ones.</summary>
    public abstract void Apply(Span<double> values);

    /// <summary>Physical value of one raw value.</summary>
    public double Apply(double value)
    {
        Apply(new Span<double>(ref value));
        return value;
    }
}

/// <summary><see cref="MdfConversionKind.Linear"/>, where it is a part of another conversion.</summary>
internal sealed class LinearConversion(double offset, double factor) : NumericConversion
{
    public double Offset => offset;

    public double Factor => factor;

    public override void Apply(Span<double> values)
    {
        foreach (ref double x in values) x = (x * factor) + offset;
    }
}

/// <summary><see cref="MdfConversionKind.Rational"/>.</summary>
internal sealed class RationalConversion(double p1, double p2, double p3, double p4, double p5, double p6) : NumericConversion
{
    public override void Apply(Span<double> values)
    {
        foreach (ref double x in values) x = ((((p1 * x) + p2) * x) + p3) / ((((p4 * x) + p5) * x) + p6);
    }
}

/// <summary><see cref="MdfConversionKind.Mdf3Polynomial"/>.</summary>
internal sealed class Mdf3PolynomialConversion(double p1, double p2, double p3, double p4, double p5, double p6) : NumericConversion
{
    public override void Apply(Span<double> values)
    {
        foreach (ref double x in values)
        {
            double shifted = x - p5 - p6;
            x = (p2 - (p4 * shifted)) / ((p3 * shifted) - p1);
        }
    }
}

/// <summary>
/// <see cref="MdfConversionKind.Mdf3Exponential"/> and <see cref="MdfConversionKind.Mdf3Logarithmic"/> (MDF 3.30, "CCBLOCK"): f(((x − p7) p6 − p3) / p1) / p2
/// where p4 is 0, f((p3 / (x − p7) − p6) / p4) / p5 where p1 is 0; f is the natural logarithm in the first kind and its inverse in the second.
/// </summary>
internal sealed class Mdf3ExponentialConversion(double[] p, bool isLogarithm) : NumericConversion
{
    public override void Apply(Span<double> values)
    {
        bool isFirst = p[3] == 0;
        foreach (ref double x in values)
        {
            double inner = isFirst ? (((x - p[6]) * p[5]) - p[2]) / p[0] : ((p[2] / (x - p[6])) - p[5]) / p[3];
            x = (isLogarithm ? Math.Log(inner) : Math.Exp(inner)) / (isFirst ? p[1] : p[4]);
        }
    }
}

/// <summary>A result that the specification leaves undefined.</summary>
internal sealed class UndefinedConversion : NumericConversion
{
    public override void Apply(Span<double> values) => values.Fill(double.NaN);
}
