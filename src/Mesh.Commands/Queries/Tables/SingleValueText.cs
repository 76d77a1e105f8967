using System.Globalization;
using Mesh.Columnar;

namespace Mesh.Commands.Queries.Tables;

/// <summary>Single values, such as bounds of columns, as the text that subscribers see: instants as ISO 8601, bytes as Base64.</summary>
internal static class SingleValueText
{
    private const int UnixEpochDay = 719_162;

    /// <param name="value">As in <see cref="Lakehouse.Iceberg.DataFile.Partition"/>.</param>
    /// <param name="type">Type of its column.</param>
    public static string Of(object value, DataType type) => (value, type.Kind) switch
    {
        (int day, TypeKind.Date32) => DateOnly.FromDayNumber(Math.Clamp(UnixEpochDay + day, 0, DateOnly.MaxValue.DayNumber)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        (long micros, TypeKind.TimestampMicros) => Instant(micros, 1_000_000) + "Z",
        (long micros, TypeKind.LocalTimestampMicros) => Instant(micros, 1_000_000),
        (long nanos, TypeKind.TimestampNanos) => Instant(nanos, 1_000_000_000) + "Z",
        (long nanos, TypeKind.LocalTimestampNanos) => Instant(nanos, 1_000_000_000),
        (long micros, TypeKind.TimeMicros) => TimeSpan.FromMicroseconds(micros).ToString("hh\\:mm\\:ss\\.ffffff", CultureInfo.InvariantCulture),
        (byte[] bytes, _) => Convert.ToBase64String(bytes),
        (bool truth, _) => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Instant(long value, long unitsPerSecond)
    {
        var (seconds, rest) = Math.DivRem(value, unitsPerSecond);
        if (rest < 0) (seconds, rest) = (seconds - 1, rest + unitsPerSecond);

        // What no calendar has is shown as the number it is.
        if (seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return value.ToString(CultureInfo.InvariantCulture);
        string text = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        int digits = unitsPerSecond == 1_000_000 ? 6 : 9;
        return rest == 0 ? text : $"{text}.{rest.ToString("D" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)}";
    }
}
