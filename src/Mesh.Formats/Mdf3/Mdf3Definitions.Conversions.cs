using System.Text.RegularExpressions;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf3;

/// <content>Conversions and dependencies.</content>
internal sealed partial class Mdf3Definitions
{
    private const int CommonBytes = 46;
    private const int PairBytes = 16;
    private const int TextBytes = 32;
    private const int RangeBytes = 20;

    // Layouts repeat a conversion for each channel that uses it.
    private const long MaxUsedBytes = 128L << 20;

    private readonly Dictionary<long, (MdfConversion? Conversion, string Unit, MdfDataType? CanOpen, int Bytes)> conversions = [];
    private long usedBytes;

    /// <summary>The conversion of a CC block, the unit in it, and the data type that two of its types mean.</summary>
    private async ValueTask<(MdfConversion? Conversion, string Unit, MdfDataType? CanOpen)> ConversionAsync(long link, CancellationToken cancellationToken)
    {
        if (link == 0) return default((MdfConversion?, string, MdfDataType?)) with { Item2 = "" };
        if (!conversions.TryGetValue(link, out var known))
        {
            var block = await blocks.ReadAsync(link, "CC", 42, cancellationToken).ConfigureAwait(false);
            known = block is null ? (null, "", null, 0) : await ReadConversionAsync(block, cancellationToken).ConfigureAwait(false);
            conversions[link] = known;
        }

        usedBytes += known.Bytes;
        if (usedBytes <= MaxUsedBytes) return (known.Conversion, known.Unit, known.CanOpen);
        blocks.Report(Mdf3Codes.DefinitionLimit, link, $"conversions of at most {MaxUsedBytes:N0} bytes in all, counted once per channel", "more; this channel stays raw");
        return (null, known.Unit, known.CanOpen);
    }

    private async ValueTask<(MdfConversion? Conversion, string Unit, MdfDataType? CanOpen, int Bytes)> ReadConversionAsync(Mdf3Block block, CancellationToken cancellationToken)
    {
        string unit = blocks.Text(block.Span(22, 20));
        int count = block.UInt16(44);
        int room = Math.Max(0, block.Length - CommonBytes);
        int type = block.UInt16(42);
        if (block.Length < 44) type = ushort.MaxValue;
        switch (type)
        {
            case 0: return (Numbers(block, MdfConversionKind.Linear, 2), unit, null, block.Length);
            case 1: return (Numbers(block, MdfConversionKind.TableInterpolated, 2 * Math.Min(count, room / PairBytes)), unit, null, block.Length);
            case 2: return (Numbers(block, MdfConversionKind.Table, 2 * Math.Min(count, room / PairBytes)), unit, null, block.Length);
            case 6: return (Numbers(block, MdfConversionKind.Mdf3Polynomial, 6), unit, null, block.Length);
            case 7: return (Numbers(block, MdfConversionKind.Mdf3Exponential, 7), unit, null, block.Length);
            case 8: return (Numbers(block, MdfConversionKind.Mdf3Logarithmic, 7), unit, null, block.Length);
            case 9: return (Numbers(block, MdfConversionKind.Rational, 6), unit, null, block.Length);
            case 10:
                // The count is that of characters; writers differ in whether it holds the terminator.
                string formula = FirstVariable().Replace(blocks.Text(block.Span(CommonBytes, room)), "X");
                return (new MdfConversion { Kind = MdfConversionKind.Algebraic, Formula = formula }, unit, null, block.Length);
            case 11: return (TextTable(block, Math.Min(count, room / (8 + TextBytes))), unit, null, block.Length);
            case 12:
                var ranges = await RangesAsync(block, Math.Min(count, room / RangeBytes), cancellationToken).ConfigureAwait(false);
                int bytes = block.Length;
                foreach (var reference in ranges?.References ?? []) bytes += reference.Text?.Length ?? 0;
                return (ranges, unit, null, bytes);
            case 132: return (null, unit, MdfDataType.CanOpenDate, block.Length);
            case 133: return (null, unit, MdfDataType.CanOpenTime, block.Length);
            case ushort.MaxValue: return (null, unit, null, 0);
            default:
                blocks.Report(Mdf3Codes.BadLink, block.Position + 42, "a conversion type of the specification", $"{type}; values stay raw");
                return (null, unit, null, 0);
        }
    }

    private MdfConversion? Numbers(Mdf3Block block, MdfConversionKind kind, int count)
    {
        if (count == 0 || CommonBytes + (count * 8) > block.Length)
        {
            blocks.Report(Mdf3Codes.BadLink, block.Position, $"{count} parameters", $"a block of {block.Length} bytes; values stay raw");
            return null;
        }

        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = block.Float64(CommonBytes + (i * 8));
        return new MdfConversion { Kind = kind, Values = values };
    }

    private MdfConversion TextTable(Mdf3Block block, int count)
    {
        double[] keys = new double[count];
        var texts = new MdfConversionReference[count + 1];
        for (int i = 0; i < count; i++)
        {
            int at = CommonBytes + (i * (8 + TextBytes));
            keys[i] = block.Float64(at);
            texts[i] = new MdfConversionReference(blocks.Text(block.Span(at + 8, TextBytes)), null);
        }

        // Without a default in the table, a value that is not in it stays a number.
        texts[count] = new MdfConversionReference(null, null);
        return new MdfConversion { Kind = MdfConversionKind.ValueToText, Values = keys, References = texts };
    }

    /// <summary>The first entry is the default, whatever its limits.</summary>
    private async ValueTask<MdfConversion?> RangesAsync(Mdf3Block block, int count, CancellationToken cancellationToken)
    {
        if (count == 0) return null;
        double[] limits = new double[2 * (count - 1)];
        var texts = new MdfConversionReference[count];
        for (int i = 0; i < count; i++)
        {
            int at = CommonBytes + (i * RangeBytes);
            long link = block.UInt32(at + 16);
            var text = new MdfConversionReference(link == 0 ? null : await blocks.TextAsync(link, cancellationToken).ConfigureAwait(false), null);
            texts[i == 0 ? count - 1 : i - 1] = text;
            if (i == 0) continue;
            limits[2 * (i - 1)] = block.Float64(at);
            limits[(2 * (i - 1)) + 1] = block.Float64(at + 8);
        }

        return new MdfConversion { Kind = MdfConversionKind.RangeToText, Values = limits, References = texts };
    }

    /// <summary>
    /// A channel that depends on others (CD block): an array, when they lie in its own records, of one type and at equal distances; else it stays the value it is.
    /// </summary>
    private async ValueTask ReadDependencyAsync(Mdf3ChannelGroup group, int channel, long link, CancellationToken cancellationToken)
    {
        const int NDimensional = 256;
        const int MaxDimensions = 64;
        var block = await blocks.ReadAsync(link, "CD", 8, cancellationToken).ConfigureAwait(false);
        if (block is null) return;
        int type = block.UInt16(4);
        int count = Math.Min(block.UInt16(6), (block.Length - 8) / 12);
        var elements = new List<MdfChannelLayout>(count);
        for (int i = 0; i < count; i++)
        {
            if (!channels.TryGetValue(block.UInt32(8 + (i * 12) + 8), out var element) || element.Group != group) return;
            elements.Add(group.Channels[element.Channel]);
        }

        int dimensions = type > NDimensional ? type - NDimensional : 1;
        if (elements.Count == 0 || dimensions > MaxDimensions) return;
        int[] sizes = [elements.Count];
        if (type > NDimensional)
        {
            sizes = new int[dimensions];
            long product = 1;
            for (int i = 0; i < dimensions; i++) product *= sizes[i] = block.UInt16(8 + (count * 12) + (i * 2));
            if (product != elements.Count || sizes.Contains(0)) return;
        }

        int stride = elements.Count > 1 ? elements[1].ByteOffset - elements[0].ByteOffset : 0;
        for (int i = 1; i < elements.Count; i++)
        {
            var (a, b) = (elements[i - 1], elements[i]);
            if (b.ByteOffset - a.ByteOffset != stride || (b.DataType, b.BitOffset, b.BitCount) != (a.DataType, a.BitOffset, a.BitCount)) return;
        }

        int[] strides = new int[sizes.Length];
        for (int i = sizes.Length - 1, step = stride; i >= 0; step *= sizes[i--]) strides[i] = step;
        var first = elements[0];
        var array = group.Channels[channel];
        group.Channels[channel] = array with
        {
            DataType = first.DataType, ByteOffset = first.ByteOffset, BitOffset = first.BitOffset, BitCount = first.BitCount, Conversion = array.Conversion ?? first.Conversion,
            Unit = array.Unit.Length > 0 ? array.Unit : first.Unit, Array = new MdfArrayLayout(sizes, strides, 0, 0),
        };
    }

    // The variable is X1 here and X in MDF 4.
    [GeneratedRegex(@"\bX1?\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FirstVariable();
}
