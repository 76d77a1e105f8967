using System.Text;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Reading;

/// <summary>Which values of a column a partition value can come from: the transforms that keep the order, turned round.</summary>
internal static class SourceRange
{
    private const long MicrosPerHour = 3_600_000_000;

    /// <summary>The smallest source value of a partition value; null when unknown.</summary>
    public static object? Min(PartitionSpecField field, DataType source, object? value) => value is null ? null : field.Transform switch
    {
        PartitionTransform.Identity or PartitionTransform.Truncate => SingleValues.Widen(value, source),
        PartitionTransform.Year or PartitionTransform.Month or PartitionTransform.Day or PartitionTransform.Hour => Start(field.Transform, source, Convert.ToInt64(value)),
        _ => null,
    };

    /// <summary>The largest source value of a partition value, or something larger; null when unknown.</summary>
    public static object? Max(PartitionSpecField field, DataType source, object? value) => value is null ? null : field.Transform switch
    {
        PartitionTransform.Identity => SingleValues.Widen(value, source),
        PartitionTransform.Truncate => EndOfTruncated(SingleValues.Widen(value, source)!, field.Parameter),
        PartitionTransform.Year or PartitionTransform.Month or PartitionTransform.Day or PartitionTransform.Hour => End(field.Transform, source, Convert.ToInt64(value)),
        _ => null,
    };

    private static object? Start(PartitionTransform transform, DataType source, long value)
    {
        Int128? units = StartUnits(transform, source, value);
        return units is null ? null : Boxed(units.Value, source);
    }

    private static object? End(PartitionTransform transform, DataType source, long value)
    {
        Int128? units = StartUnits(transform, source, value + 1);
        return units is null ? null : Boxed(units.Value - 1, source);
    }

    /// <summary>Beginning of a period in units of the column; null when the calendar does not reach there.</summary>
    private static Int128? StartUnits(PartitionTransform transform, DataType source, long value)
    {
        Int128 hours;
        switch (transform)
        {
            case PartitionTransform.Hour:
                hours = value;
                break;
            case PartitionTransform.Day:
                hours = (Int128)value * 24;
                break;
            default:
                long months = transform == PartitionTransform.Month ? value : value * 12;
                long year = 1970 + PartitionTransforms.FloorDivide(months, 12);
                if (Math.Abs(year) > 1_000_000) return null;
                hours = (Int128)PartitionTransforms.DaysFromCivil(year, (int)(months - (PartitionTransforms.FloorDivide(months, 12) * 12)) + 1) * 24;
                break;
        }

        return source.Kind switch
        {
            TypeKind.Date32 => hours / 24,
            TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos => hours * MicrosPerHour * 1000,
            _ => hours * MicrosPerHour,
        };
    }

    private static object? Boxed(Int128 units, DataType source)
    {
        if (source.Kind == TypeKind.Date32) return units >= int.MinValue && units <= int.MaxValue ? (int)units : null;
        return units >= long.MinValue && units <= long.MaxValue ? (long)units : null;
    }

    private static object? EndOfTruncated(object value, int width)
    {
        switch (value)
        {
            case int number:
                return (int)Math.Min(int.MaxValue, (long)number + width - 1);
            case long number:
                return number > long.MaxValue - width ? long.MaxValue : number + width - 1;
            case decimal number:
                return SingleValues.ToDecimal(SingleValues.Unscaled(number) + width - 1, number.Scale);
            case string text:
                return text.EnumerateRunes().Count() < width ? text : Successor(text);
            case byte[] bytes:
                return bytes.Length < width ? bytes : Successor(bytes);
            default:
                return null;
        }
    }

    /// <summary>The smallest text that is larger than all with a beginning; null when there is none.</summary>
    private static string? Successor(string beginning)
    {
        var runes = beginning.EnumerateRunes().ToList();
        for (int last = runes.Count - 1; last >= 0; last--)
        {
            int value = runes[last].Value;
            if (value == 0x10FFFF) continue;
            runes[last] = new Rune(value == 0xD7FF ? 0xE000 : value + 1);
            return string.Concat(runes.Take(last + 1).Select(rune => rune.ToString()));
        }

        return null;
    }

    private static byte[]? Successor(byte[] beginning)
    {
        int last = beginning.AsSpan().LastIndexOfAnyExcept((byte)0xFF);
        if (last < 0) return null;
        byte[] next = beginning[..(last + 1)];
        next[last]++;
        return next;
    }
}
