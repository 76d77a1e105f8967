using System.Text;

namespace Mesh.Formats.Mdf.Conversions;

/// <summary>What a conversion becomes: at most one of them.</summary>
/// <param name="Numeric">From numbers to numbers.</param>
/// <param name="Text">From numbers to text.</param>
/// <param name="TextToValue">From text to numbers.</param>
/// <param name="TextToText">From text to text.</param>
internal sealed record CompiledConversion(
    NumericConversion? Numeric = null, TextConversion? Text = null, TextToValue? TextToValue = null, TextToText? TextToText = null)
{
    public static CompiledConversion Identity { get; } = new();
}

/// <summary>Makes conversions ready for use.</summary>
/// <param name="isInteger">Whether raw values are integers: then the upper bound of a range belongs to it.</param>
/// <param name="maxNesting">Deepest nesting of conversions.</param>
internal sealed class ConversionCompiler(bool isInteger, int maxNesting)
{
    /// <exception cref="ConversionException">It makes no sense.</exception>
    public CompiledConversion Compile(MdfConversion? conversion) => conversion is null ? CompiledConversion.Identity : Compile(conversion, 1, false);

    private CompiledConversion Compile(MdfConversion conversion, int depth, bool isBitfield)
    {
        if (depth > maxNesting) throw new ConversionException($"conversions nest deeper than {maxNesting}");
        var p = conversion.Values;
        switch (conversion.Kind)
        {
            case MdfConversionKind.Identity:
                return CompiledConversion.Identity;
            case MdfConversionKind.Linear:
                Need(conversion, 2);
                return p[0] == 0 && p[1] == 1 ? CompiledConversion.Identity : new(new LinearConversion(p[0], p[1]));
            case MdfConversionKind.Rational:
                Need(conversion, 6);
                return new(new RationalConversion(p[0], p[1], p[2], p[3], p[4], p[5]));
            case MdfConversionKind.Algebraic:
                return new(FormulaParser.Parse(conversion.Formula));
            case MdfConversionKind.TableInterpolated or MdfConversionKind.Table:
                return new(TableConversion.Create(p, conversion.Kind == MdfConversionKind.TableInterpolated) ?? throw new ConversionException("its table is empty"));
            case MdfConversionKind.RangeToValue:
                return new(RangeToValue(conversion));
            case MdfConversionKind.ValueToText or MdfConversionKind.RangeToText:
                return Table(conversion, depth, isBitfield);
            case MdfConversionKind.BitfieldText:
                if (isBitfield) throw new ConversionException("a bit field text lies within another");
                return new(Text: Bitfield(conversion, depth));
            case MdfConversionKind.TextToValue:
                Need(conversion, 1);
                int keys = Math.Min(conversion.References.Count, p.Count - 1);
                return new(TextToValue: new TextToValue(Keys(conversion, keys, 1), [.. p.Take(keys), p[^1]]));
            case MdfConversionKind.TextToText:
                int pairs = conversion.References.Count / 2;
                byte[]?[] texts = [.. Enumerable.Range(0, pairs).Select(i => Encode(conversion.References[(2 * i) + 1])), conversion.References.Count % 2 == 1 ? Encode(conversion.References[^1]) : null];
                return new(TextToText: new TextToText(Keys(conversion, pairs, 2), texts));
            case MdfConversionKind.Mdf3Polynomial:
                Need(conversion, 6);
                return new(new Mdf3PolynomialConversion(p[0], p[1], p[2], p[3], p[4], p[5]));
            case MdfConversionKind.Mdf3Exponential or MdfConversionKind.Mdf3Logarithmic:
                Need(conversion, 7);
                if (p[0] != 0 && p[3] != 0) throw new ConversionException("neither its first nor its fourth parameter is 0");
                return new(new Mdf3ExponentialConversion([.. p.Take(7)], conversion.Kind == MdfConversionKind.Mdf3Exponential));
            default:
                throw new ConversionException($"its kind {(int)conversion.Kind} is not known");
        }
    }

    private static void Need(MdfConversion conversion, int count)
    {
        if (conversion.Values.Count < count) throw new ConversionException($"it has {conversion.Values.Count} of {count} parameters");
    }

    private static byte[]? Encode(MdfConversionReference? reference) => reference?.Text is { } text ? Encoding.UTF8.GetBytes(text) : null;

    private static TextKeys Keys(MdfConversion conversion, int count, int step) =>
        new([.. Enumerable.Range(0, count).Select(i => Encode(conversion.References[i * step]))]);

    private RangeTable RangeToValue(MdfConversion conversion)
    {
        Need(conversion, 1);
        var p = conversion.Values;
        int count = (p.Count - 1) / 3;
        double[] results = [.. Enumerable.Range(0, count).Select(i => p[(3 * i) + 2])];
        return new RangeTable(KeyIndex.OfRanges(p, count, 3, isInteger), results, p.Count % 3 == 1 ? p[^1] : double.NaN);
    }

    private CompiledConversion Table(MdfConversion conversion, int depth, bool isBitfield)
    {
        bool isRange = conversion.Kind == MdfConversionKind.RangeToText;
        int count = Math.Min(conversion.Values.Count / (isRange ? 2 : 1), conversion.References.Count);
        var entries = new TextEntry[count + 1];
        for (int i = 0; i < count; i++) entries[i] = Entry(conversion.References[i], depth, isBitfield);
        entries[count] = conversion.References.Count > count ? Entry(conversion.References[count], depth, isBitfield) : default;
        var index = isRange ? KeyIndex.OfRanges(conversion.Values, count, 2, isInteger) : KeyIndex.OfKeys(conversion.Values, count);
        // A table that holds scales only is one way of writing a piecewise conversion: its results are numbers.
        bool isNumeric = !isBitfield && entries.Any(entry => entry.Number is not null) && entries.All(entry => entry.Number is not null || entry.IsUndefined);
        if (!isNumeric) return new(Text: new TextTable(index, entries));
        var numbers = Array.ConvertAll(entries, entry => entry.Number ?? new UndefinedConversion());
        return new(new ScaleTable(index, numbers[..count], numbers[count]));
    }

    private TextEntry Entry(MdfConversionReference? reference, int depth, bool isBitfield)
    {
        if (reference is null) return default;
        if (reference.Text is not null) return new TextEntry(Encode(reference), null, null);
        if (reference.Conversion is null) return default;
        var nested = Compile(reference.Conversion, depth + 1, isBitfield);
        if (nested.TextToText is not null || nested.TextToValue is not null) throw new ConversionException("a conversion of texts is nested in one of numbers");
        return nested.Text is not null ? new TextEntry(null, null, nested.Text) : new TextEntry(null, nested.Numeric ?? new LinearConversion(0, 1), null);
    }

    private BitfieldText Bitfield(MdfConversion conversion, int depth)
    {
        int count = Math.Min(conversion.Values.Count, conversion.References.Count);
        var parts = new List<BitfieldText.Part>(count);
        for (int i = 0; i < count; i++)
        {
            if (conversion.References[i]?.Conversion is not { } nested) continue;
            var text = Compile(nested, depth + 1, true).Text ?? throw new ConversionException("a part of its bit field gives no text");
            byte[] prefix = nested.Name.Length == 0 ? [] : Encoding.UTF8.GetBytes(nested.Name + " = ");
            parts.Add(new BitfieldText.Part(BitConverter.DoubleToUInt64Bits(conversion.Values[i]), prefix, text));
        }

        return new BitfieldText([.. parts]);
    }
}
