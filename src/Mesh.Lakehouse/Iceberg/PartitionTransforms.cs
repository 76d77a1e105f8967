using System.Globalization;
using System.Numerics;
using System.Text;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>Computes partition values.</summary>
public static class PartitionTransforms
{
    private const long MicrosPerHour = 3_600_000_000;
    private const long MicrosPerDay = 24 * MicrosPerHour;

    /// <summary>
    /// Value of <paramref name="field"/> for row <paramref name="row"/> of the source column: int for day, hour, month, year and bucket;
    /// the column's own value (int, long, string) for identity and truncate; null for null.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8104</c> when the transform does not apply to the column's type.</exception>
    public static object? Apply(PartitionField field, ColumnVector source, int row)
    {
        RequireApplicable(field, source.Type);
        if (source.IsNull(row)) return null;
        return field.Transform switch
        {
            PartitionTransform.Identity => Identity(source, row),
            PartitionTransform.Bucket => (Hash(source, row) & int.MaxValue) % field.Parameter,
            PartitionTransform.Truncate => Truncate(source, row, field.Parameter),
            _ => Time(field.Transform, source, row),
        };
    }

    /// <summary>The value as it appears in a file path (<c>2026-11-22</c> for a day).</summary>
    /// <remarks>For people only: readers take partition values from the manifest. So whatever a path or URI could trip over becomes <c>_</c>.</remarks>
    public static string ToPathText(PartitionField field, object? value)
    {
        switch (value)
        {
            case null:
                return "null";
            case int count when field.Transform is PartitionTransform.Year:
                return (1970 + count).ToString("D4", CultureInfo.InvariantCulture);
            case int count when field.Transform is PartitionTransform.Month:
                return $"{1970 + FloorDivide(count, 12):D4}-{count - (FloorDivide(count, 12) * 12) + 1:D2}";
            case int count when field.Transform is PartitionTransform.Day:
                return Day(count);
            case int count when field.Transform is PartitionTransform.Hour:
                return $"{Day(FloorDivide(count, 24))}-{count - (FloorDivide(count, 24) * 24):D2}";
            case string text:
                const int MaxChars = 64;
                string shown = text.Length > MaxChars ? text[..MaxChars] : text;
                bool dots = shown.AsSpan().IndexOfAnyExcept('.') < 0;
                return dots ? "_" : string.Concat(shown.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
            default:
                return Convert.ToString(value, CultureInfo.InvariantCulture)!;
        }
    }

    /// <summary>Refuses a transform that the column's type does not have.</summary>
    internal static void RequireApplicable(PartitionField field, DataType type)
    {
        bool applicable = field.Transform switch
        {
            PartitionTransform.Identity => type.Kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Date32 or TypeKind.TimestampMicros or TypeKind.Utf8,
            PartitionTransform.Bucket => field.Parameter > 0 && type.Kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Date32
                or TypeKind.TimestampMicros or TypeKind.Utf8 or TypeKind.Binary or TypeKind.Decimal128,
            PartitionTransform.Truncate => field.Parameter > 0 && type.Kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Utf8,
            PartitionTransform.Hour => type.Kind == TypeKind.TimestampMicros,
            _ => type.Kind is TypeKind.TimestampMicros or TypeKind.Date32,
        };
        if (!applicable || (field.Transform is PartitionTransform.Bucket or PartitionTransform.Truncate && field.Parameter <= 0))
        {
            throw new MeshException("MESH8104",
                $"Column '{field.SourceColumn}' of type {IcebergTypes.ToText(type)} cannot be partitioned by {IcebergTypes.ToText(field)}. "
                + "Use day(COLUMN) on times, bucket(N, COLUMN) on keys, or the column itself when it is an int, long, string, date or time.");
        }
    }

    private static object Identity(ColumnVector source, int row) => source.Type.Kind switch
    {
        TypeKind.Int32 or TypeKind.Date32 => source.Values<int>()[row],
        TypeKind.Utf8 => source.GetString(row),
        _ => source.Values<long>()[row],
    };

    private static int Hash(ColumnVector source, int row) => source.Type.Kind switch
    {
        TypeKind.Int32 or TypeKind.Date32 => Murmur3.Hash(source.Values<int>()[row]),
        TypeKind.Int64 or TypeKind.TimestampMicros => Murmur3.Hash(source.Values<long>()[row]),
        TypeKind.Decimal128 => Murmur3.Hash(((BigInteger)source.Values<Int128>()[row]).ToByteArray(isBigEndian: true)),
        _ => Murmur3.Hash(source.GetBytes(row)),
    };

    private static object Truncate(ColumnVector source, int row, int width)
    {
        switch (source.Type.Kind)
        {
            case TypeKind.Int32:
                int number = source.Values<int>()[row];
                return number - (((number % width) + width) % width);
            case TypeKind.Int64:
                long big = source.Values<long>()[row];
                return big - (((big % width) + width) % width);
            default:
                var text = new StringBuilder();
                foreach (var rune in source.GetString(row).EnumerateRunes())
                {
                    if (width-- == 0) break;
                    text.Append(rune);
                }

                return text.ToString();
        }
    }

    private static object Time(PartitionTransform transform, ColumnVector source, int row)
    {
        if (transform == PartitionTransform.Hour) return (int)FloorDivide(source.Values<long>()[row], MicrosPerHour);
        long day = source.Type.Kind == TypeKind.Date32 ? source.Values<int>()[row] : FloorDivide(source.Values<long>()[row], MicrosPerDay);
        if (transform == PartitionTransform.Day) return (int)day;
        var (year, month, _) = CivilFromDays(day);
        return transform == PartitionTransform.Year ? (int)(year - 1970) : (int)(((year - 1970) * 12) + month - 1);
    }

    private static string Day(long day)
    {
        var (year, month, dayOfMonth) = CivilFromDays(day);
        return $"{year:D4}-{month:D2}-{dayOfMonth:D2}";
    }

    private static long FloorDivide(long value, long divisor) => (value / divisor) - (value % divisor < 0 ? 1 : 0);

    /// <summary>Proleptic Gregorian date of a day since 1970-01-01; DateTime ends at the year 9999, timestamps do not.</summary>
    private static (long Year, int Month, int Day) CivilFromDays(long days)
    {
        const int DaysPer400Years = 146_097;
        const int DaysTo1970 = 719_468;
        long shifted = days + DaysTo1970;
        long era = FloorDivide(shifted, DaysPer400Years);
        int dayOfEra = (int)(shifted - (era * DaysPer400Years));
        int yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        int dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        int shiftedMonth = ((5 * dayOfYear) + 2) / 153;
        int day = dayOfYear - (((153 * shiftedMonth) + 2) / 5) + 1;
        int month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
        return (yearOfEra + (era * 400) + (month <= 2 ? 1 : 0), month, day);
    }
}
