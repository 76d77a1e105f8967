namespace Mesh.Formats.Mdf;

/// <summary>
/// How raw values become physical ones (specification 4.2, "CCBLOCK", <c>cc_type</c>; from 100 on the ones that only MDF 3 has, "CCBLOCK", <c>formula</c>).
/// </summary>
public enum MdfConversionKind : byte
{
    /// <summary>Physical = raw.</summary>
    Identity = 0,
    /// <summary>p1 + p2 · raw.</summary>
    Linear = 1,
    /// <summary>(p1 x² + p2 x + p3) / (p4 x² + p5 x + p6).</summary>
    Rational = 2,
    /// <summary>A formula in text.</summary>
    Algebraic = 3,
    /// <summary>Table with interpolation: pairs of key and value.</summary>
    TableInterpolated = 4,
    /// <summary>Table, nearest key: pairs of key and value.</summary>
    Table = 5,
    /// <summary>Triples of lower key, upper key and value, then a default.</summary>
    RangeToValue = 6,
    /// <summary>Keys in the values, texts or conversions in the references, the default last.</summary>
    ValueToText = 7,
    /// <summary>Pairs of lower and upper key in the values, texts or conversions in the references, the default last.</summary>
    RangeToText = 8,
    /// <summary>Texts in the references, numbers and the default in the values.</summary>
    TextToValue = 9,
    /// <summary>Pairs of texts in the references, the default last.</summary>
    TextToText = 10,
    /// <summary>Masks in the values, conversions in the references.</summary>
    BitfieldText = 11,
    /// <summary>MDF 3: (p2 − p4 (x − p5 − p6)) / (p3 (x − p5 − p6) − p1).</summary>
    Mdf3Polynomial = 100,
    /// <summary>MDF 3: exponential function of seven parameters.</summary>
    Mdf3Exponential = 101,
    /// <summary>MDF 3: logarithmic function of seven parameters.</summary>
    Mdf3Logarithmic = 102,
}
