using System.Buffers.Binary;
using System.Globalization;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>Writes conversions as CC blocks (specification 4.2, "CCBLOCK"). Those that only MDF 3 has become rational or algebraic ones.</summary>
internal static class Mdf4ConversionBlocks
{
    // cc_ref_count and cc_val_count are 16 bits wide.
    private const int MaxCount = ushort.MaxValue;

    private const int MaxDepth = 64;

    /// <summary>Address of the conversion's block; 0 for none.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10271</c>: the block cannot hold it.</exception>
    public static long Write(Mdf4BlockFile file, MdfConversion? conversion, int depth = 0)
    {
        if (conversion is null) return 0;
        conversion = ToMdf4(conversion);
        if (depth > MaxDepth || conversion.Values.Count > MaxCount || conversion.References.Count > MaxCount)
        {
            throw new RecordingFormatException(
                "MESH10271", $"Conversion '{conversion.Name}' has {conversion.Values.Count} values and {conversion.References.Count} references at depth {depth}; MDF 4 holds 65 535 of each, {MaxDepth} deep.");
        }

        bool isAlgebraic = conversion.Kind == MdfConversionKind.Algebraic;
        int references = isAlgebraic ? 1 : conversion.References.Count;
        long[] links = new long[4 + references];
        links[0] = file.AddText(conversion.Name);
        links[1] = file.AddText(conversion.Unit);
        if (isAlgebraic) links[4] = file.AddText(conversion.Formula);
        for (int i = 0; !isAlgebraic && i < references; i++)
        {
            var reference = conversion.References[i];
            links[4 + i] = reference.Conversion is not null
                ? Write(file, reference.Conversion, depth + 1)
                // An empty text is a text; no link at all means that the value stays as it is.
                : reference.Text is null ? 0 : file.Share("TX", [], [.. System.Text.Encoding.UTF8.GetBytes(reference.Text), 0]);
        }

        byte[] data = new byte[24 + (conversion.Values.Count * 8)];
        data[0] = (byte)conversion.Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(4), (ushort)references);
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(6), (ushort)conversion.Values.Count);
        for (int i = 0; i < conversion.Values.Count; i++)
        {
            // The bits, not the number: masks of a bit field text are integers in the place of doubles.
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(24 + (i * 8)), BitConverter.DoubleToInt64Bits(conversion.Values[i]));
        }

        return file.Share("CC", links, data);
    }

    /// <summary>Whether the conversion, or one that it refers to, is of a kind that came with MDF 4.2.</summary>
    public static bool NeedsVersion420(MdfConversion? conversion, int depth = 0)
    {
        if (conversion is null || depth > MaxDepth) return false;
        if (conversion.Kind == MdfConversionKind.BitfieldText) return true;
        foreach (var reference in conversion.References)
        {
            if (NeedsVersion420(reference.Conversion, depth + 1)) return true;
        }

        return false;
    }

    private static MdfConversion ToMdf4(MdfConversion conversion)
    {
        var p = conversion.Values;
        switch (conversion.Kind)
        {
            case MdfConversionKind.Mdf3Polynomial when p.Count >= 6:
                // (p2 − p4 (x − p5 − p6)) / (p3 (x − p5 − p6) − p1), multiplied out.
                double shift = p[4] + p[5];
                return conversion with
                {
                    Kind = MdfConversionKind.Rational, Values = [0, -p[3], p[1] + (p[3] * shift), 0, p[2], -(p[0] + (p[2] * shift))],
                };
            case MdfConversionKind.Mdf3Exponential when p.Count >= 7:
                return conversion with { Kind = MdfConversionKind.Algebraic, Values = [], Formula = Formula("ln", p) };
            case MdfConversionKind.Mdf3Logarithmic when p.Count >= 7:
                return conversion with { Kind = MdfConversionKind.Algebraic, Values = [], Formula = Formula("exp", p) };
            case MdfConversionKind.Mdf3Polynomial or MdfConversionKind.Mdf3Exponential or MdfConversionKind.Mdf3Logarithmic:
                return conversion with { Kind = MdfConversionKind.Identity, Values = [] };
            default:
                return conversion;
        }
    }

    /// <summary>MDF 3.30, "CCBLOCK": f((x − p7) p6 − p3) / p1) / p2 when p4 is 0, f((p3 / (x − p7) − p6) / p4) / p5 when p1 is 0.</summary>
    private static string Formula(string function, IReadOnlyList<double> p)
    {
        string[] text = [.. p.Select(value => value.ToString("R", CultureInfo.InvariantCulture))];
        return p[3] == 0
            ? $"{function}(((X-({text[6]}))*({text[5]})-({text[2]}))/({text[0]}))/({text[1]})"
            : $"{function}((({text[2]})/(X-({text[6]}))-({text[5]}))/({text[3]}))/({text[4]})";
    }
}
