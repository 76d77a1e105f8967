using System.Globalization;
using System.Numerics;
using System.Text;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>Computes partition values (Iceberg specification, "Partition Transforms").</summary>
public static class PartitionTransforms
{
    private const long MicrosPerHour = 3_600_000_000;
    private const long MicrosPerDay = 24 * MicrosPerHour;

    /// <summary>
    /// Value of <paramref name="field"/> for row <paramref name="row"/> of the source column: int for day, hour, month, year and bucket;
    /// the column's own value (see <see cref="DataFile.Partition"/>) for identity and truncate; null for null and for void.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8104</c> when the transform does not apply to the column's type, or a decimal has more than 28 digits.</exception>
    public static object? Apply(PartitionField field, ColumnVector source, int row)
    {
        RequireApplicable(field, source.Type);
        return source.IsNull(row) ? null : Apply(field.Transform, field.Parameter, source, row);
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
                return Harmless(text);
            case byte[] bytes:
                return Harmless(Convert.ToHexStringLower(bytes));
            default:
                return Harmless(Convert.ToString(value, CultureInfo.InvariantCulture)!);
        }
    }

    /// <summary>Refuses a transform that the column's type does not have.</summary>
    internal static void RequireApplicable(PartitionField field, DataType type)
    {
        bool hasParameter = field.Transform is PartitionTransform.Bucket or PartitionTransform.Truncate;
        if (IsApplicable(field.Transform, type.Kind) && (!hasParameter || field.Parameter > 0)) return;
        throw new MeshException("MESH8104",
            $"Column '{field.SourceColumn}' of type {IcebergTypes.ToText(type)} cannot be partitioned by {IcebergTypes.ToText(field)}. "
            + "Use day(COLUMN) on times, bucket(N, COLUMN) on keys, or the column itself when it is an int, long, string, date or time.");
    }

    /// <summary>Whether the specification has the transform for the type.</summary>
    internal static bool IsApplicable(PartitionTransform transform, TypeKind kind) => transform switch
    {
        PartitionTransform.Identity => kind is not (TypeKind.List or TypeKind.Map or TypeKind.Struct or TypeKind.Float16),
        PartitionTransform.Bucket => kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Decimal128 or TypeKind.Date32 or TypeKind.TimeMicros or TypeKind.Utf8
            or TypeKind.Uuid or TypeKind.FixedBinary or TypeKind.Binary || IsTimestamp(kind),
        PartitionTransform.Truncate => kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Decimal128 or TypeKind.Utf8 or TypeKind.Binary,
        PartitionTransform.Hour => IsTimestamp(kind),
        PartitionTransform.Void => true,
        _ => kind == TypeKind.Date32 || IsTimestamp(kind),
    };

    /// <summary>Bucket that a literal of a condition falls into; null when that cannot be told.</summary>
    internal static int? BucketOf(object literal, DataType type, int buckets)
    {
        int? hash = (literal, type.Kind) switch
        {
            (int or long, TypeKind.Int32 or TypeKind.Int64) => Murmur3.Hash(Convert.ToInt64(literal, CultureInfo.InvariantCulture)),
            (string text, TypeKind.Utf8) => Murmur3.Hash(Encoding.UTF8.GetBytes(text)),
            (byte[] bytes, TypeKind.Binary or TypeKind.FixedBinary) => Murmur3.Hash(bytes),
            (Guid id, TypeKind.Uuid) => Murmur3.Hash(id.ToByteArray(bigEndian: true)),
            (string text, TypeKind.Uuid) when Guid.TryParse(text, out var id) => Murmur3.Hash(id.ToByteArray(bigEndian: true)),
            (DateOnly date, TypeKind.Date32) => Murmur3.Hash(date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber),
            _ => null,
        };
        return hash is null ? null : (hash.Value & int.MaxValue) % buckets;
    }

    internal static long FloorDivide(long value, long divisor) => (value / divisor) - (value % divisor < 0 ? 1 : 0);

    /// <summary>Day since 1970-01-01 of the first of a month, proleptic Gregorian.</summary>
    internal static long DaysFromCivil(long year, int month)
    {
        const int DaysPer400Years = 146_097;
        const int DaysTo1970 = 719_468;
        long shiftedYear = month <= 2 ? year - 1 : year;
        long era = FloorDivide(shiftedYear, 400);
        long yearOfEra = shiftedYear - (era * 400);
        long dayOfYear = ((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5;
        return (era * DaysPer400Years) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - DaysTo1970;
    }

    private static bool IsTimestamp(TypeKind kind) =>
        kind is TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos;

    private static object? Apply(PartitionTransform transform, int parameter, ColumnVector source, int row) => transform switch
    {
        PartitionTransform.Identity => Identity(source, row),
        PartitionTransform.Bucket => (Hash(source, row) & int.MaxValue) % parameter,
        PartitionTransform.Truncate => Truncate(source, row, parameter),
        PartitionTransform.Void => null,
        _ => Time(transform, source, row),
    };

    private static object Identity(ColumnVector source, int row) => source.Type.Kind switch
    {
        TypeKind.Boolean => source.GetBoolean(row),
        TypeKind.Int32 or TypeKind.Date32 => source.Values<int>()[row],
        TypeKind.Float32 => source.Values<float>()[row],
        TypeKind.Float64 => source.Values<double>()[row],
        TypeKind.Decimal128 => Decimal(source, source.Values<Int128>()[row]),
        TypeKind.Utf8 => source.GetString(row),
        TypeKind.Binary => source.GetBytes(row).ToArray(),
        TypeKind.FixedBinary => Fixed(source, row).ToArray(),
        TypeKind.Uuid => new Guid(Fixed(source, row), bigEndian: true),
        _ => source.Values<long>()[row],
    };

    private static int Hash(ColumnVector source, int row) => source.Type.Kind switch
    {
        TypeKind.Int32 or TypeKind.Date32 => Murmur3.Hash(source.Values<int>()[row]),
        TypeKind.Decimal128 => Murmur3.Hash(((BigInteger)source.Values<Int128>()[row]).ToByteArray(isBigEndian: true)),
        TypeKind.Utf8 or TypeKind.Binary => Murmur3.Hash(source.GetBytes(row)),
        TypeKind.Uuid or TypeKind.FixedBinary => Murmur3.Hash(Fixed(source, row)),

        // Nanoseconds hash as the microsecond they are in, so that a column may be given finer times.
        TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos => Murmur3.Hash(FloorDivide(source.Values<long>()[row], 1000)),
        _ => Murmur3.Hash(source.Values<long>()[row]),
    };

    private static object Truncate(ColumnVector source, int row, int width)
    {
        switch (source.Type.Kind)
        {
            case TypeKind.Int32:
                int number = source.Values<int>()[row];
                return unchecked((int)(number - Remainder(number, width)));
            case TypeKind.Int64:
                long big = source.Values<long>()[row];
                return unchecked(big - Remainder(big, width));
            case TypeKind.Decimal128:
                var unscaled = source.Values<Int128>()[row];
                return Decimal(source, unscaled - (((unscaled % width) + width) % width));
            case TypeKind.Binary:
                var bytes = source.GetBytes(row);
                return bytes[..Math.Min(width, bytes.Length)].ToArray();
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

    /// <summary>The remainder that is not negative.</summary>
    private static long Remainder(long value, int width) => ((value % width) + width) % width;

    private static decimal Decimal(ColumnVector source, Int128 unscaled) => SingleValues.ToDecimal(unscaled, ((DecimalType)source.Type).Scale)
        ?? throw new MeshException("MESH8104", $"The decimal with the digits {unscaled} has too many of them to partition by: at most 28. Partition by another column, or by bucket(N, COLUMN).");

    private static ReadOnlySpan<byte> Fixed(ColumnVector source, int row)
    {
        int width = source.Type.ByteWidth;
        return source.ValueBytes.Span.Slice(row * width, width);
    }

    private static object Time(PartitionTransform transform, ColumnVector source, int row)
    {
        long value = source.Type.Kind == TypeKind.Date32 ? source.Values<int>()[row] : source.Values<long>()[row];
        if (source.Type.Kind is TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos) value = FloorDivide(value, 1000);
        if (transform == PartitionTransform.Hour) return (int)FloorDivide(value, MicrosPerHour);
        long day = source.Type.Kind == TypeKind.Date32 ? value : FloorDivide(value, MicrosPerDay);
        if (transform == PartitionTransform.Day) return (int)day;
        var (year, month, _) = CivilFromDays(day);
        return transform == PartitionTransform.Year ? (int)(year - 1970) : (int)(((year - 1970) * 12) + month - 1);
    }

    private static string Day(long day)
    {
        var (year, month, dayOfMonth) = CivilFromDays(day);
        return $"{year:D4}-{month:D2}-{dayOfMonth:D2}";
    }

    private static string Harmless(string text)
    {
        const int MaxChars = 64;
        string shown = text.Length > MaxChars ? text[..MaxChars] : text;
        bool dots = shown.AsSpan().IndexOfAnyExcept('.') < 0;
        return dots ? "_" : string.Concat(shown.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
    }

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
