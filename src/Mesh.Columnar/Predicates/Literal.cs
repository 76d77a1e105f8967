using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using Mesh.Model;

namespace Mesh.Columnar;

/// <summary>How the values of a column compare.</summary>
internal enum LiteralKind
{
    /// <summary>As whole numbers: integers, instants, days, unscaled decimals, truth values.</summary>
    Whole,
    /// <summary>As floating-point numbers.</summary>
    Floating,
    /// <summary>As bytes.</summary>
    Bytes,
}

/// <summary>
/// A literal in the terms of a column's type. One between two values of the column, as 2.5 is for integers, is the lower of them with
/// <see cref="HasFraction"/>; one beyond all values is the nearest 128-bit number, which is beyond all values too.
/// </summary>
internal readonly record struct Literal(LiteralKind Kind, Int128 Whole, bool HasFraction, double Number, byte[] Bytes)
{
    private static readonly BigInteger MaxWhole = (BigInteger)Int128.MaxValue;
    private static readonly BigInteger MinWhole = (BigInteger)Int128.MinValue;

    /// <summary>Converts a literal of a predicate.</summary>
    /// <exception cref="MeshException"><c>MESH10911</c>: it is of another kind than the column.</exception>
    public static Literal Of(object value, DataType type, string column)
    {
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                return value is bool flag ? OfWhole(flag ? 1 : 0) : throw Misfit(value, column, "true or false");
            case TypeKind.Int32 or TypeKind.Int64:
                return Scaled(value, 0) ?? throw Misfit(value, column, "a number");
            case TypeKind.Decimal128:
                return Scaled(value, ((DecimalType)type).Scale) ?? throw Misfit(value, column, "a number");
            case TypeKind.Float64:
                return OfNumber(ToDouble(value) ?? throw Misfit(value, column, "a number"));
            case TypeKind.Float32:
                // The nearest value of the column, or temperature = 20.1 would never be true.
                return OfNumber((float)(ToDouble(value) ?? throw Misfit(value, column, "a number")));
            case TypeKind.Float16:
                return OfNumber((double)(Half)(ToDouble(value) ?? throw Misfit(value, column, "a number")));
            case TypeKind.Date32:
                return Instant(value, 864_000_000_000, 1) ?? throw Misfit(value, column, "a date such as '2026-01-05'");
            case TypeKind.TimestampMicros or TypeKind.LocalTimestampMicros:
                return Instant(value, 10, 1) ?? throw Misfit(value, column, "a time such as '2026-01-05T08:42:00Z'");
            case TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos:
                return Instant(value, 1, 100) ?? throw Misfit(value, column, "a time such as '2026-01-05T08:42:00Z'");
            case TypeKind.TimeMicros:
                return TimeOfDay(value) ?? throw Misfit(value, column, "a time of day such as '08:42:00'");
            case TypeKind.Utf8:
                return value is string text ? OfBytes(Encoding.UTF8.GetBytes(text)) : throw Misfit(value, column, "a text in single quotes");
            case TypeKind.Uuid:
                var id = value as Guid? ?? (Guid.TryParse(value as string, out var parsed) ? parsed : throw Misfit(value, column, "a UUID"));
                return OfBytes(id.ToByteArray(bigEndian: true));
            case TypeKind.Binary or TypeKind.FixedBinary:
                return value is byte[] bytes ? OfBytes(bytes) : throw Misfit(value, column, "bytes");
            default:
                throw new MeshException("MESH10911", $"The column '{column}' is a {type.Kind}, which no literal can be compared with. Name a field inside of it, or test for NULL.");
        }
    }

    /// <summary>Reads a bound in a column's layout; null when it is of another length than values of the type, or NaN.</summary>
    public static Literal? OfBound(ReadOnlySpan<byte> value, DataType type)
    {
        if (type.Kind is TypeKind.Utf8 or TypeKind.Binary) return OfBytes(value.ToArray());
        if (value.Length != (type.Kind == TypeKind.Boolean ? 1 : type.ByteWidth)) return null;
        switch (type.Kind)
        {
            case TypeKind.Boolean: return OfWhole(value[0]);
            case TypeKind.Int32 or TypeKind.Date32: return OfWhole(BinaryPrimitives.ReadInt32LittleEndian(value));
            case TypeKind.Decimal128: return OfWhole(BinaryPrimitives.ReadInt128LittleEndian(value));
            case TypeKind.Float16: return OfNumberBound((double)BinaryPrimitives.ReadHalfLittleEndian(value));
            case TypeKind.Float32: return OfNumberBound(BinaryPrimitives.ReadSingleLittleEndian(value));
            case TypeKind.Float64: return OfNumberBound(BinaryPrimitives.ReadDoubleLittleEndian(value));
            case TypeKind.Uuid or TypeKind.FixedBinary: return OfBytes(value.ToArray());
            case TypeKind.List or TypeKind.Map or TypeKind.Struct: return null;
            default: return OfWhole(BinaryPrimitives.ReadInt64LittleEndian(value));
        }
    }

    /// <summary>Order of two literals of the same kind; a fraction counts as half a step.</summary>
    public int CompareTo(in Literal other)
    {
        switch (Kind)
        {
            case LiteralKind.Whole:
                int order = Whole.CompareTo(other.Whole);
                return order != 0 ? order : HasFraction.CompareTo(other.HasFraction);
            case LiteralKind.Floating:
                if (double.IsNaN(Number)) return double.IsNaN(other.Number) ? 0 : 1;
                return double.IsNaN(other.Number) ? -1 : Number < other.Number ? -1 : Number > other.Number ? 1 : 0;
            default:
                return Bytes.AsSpan().SequenceCompareTo(other.Bytes);
        }
    }

    private static Literal OfWhole(Int128 value, bool hasFraction = false) => new(LiteralKind.Whole, value, hasFraction, 0, []);

    private static Literal OfNumber(double value) => new(LiteralKind.Floating, 0, false, value, []);

    private static Literal? OfNumberBound(double value) => double.IsNaN(value) ? null : OfNumber(value);

    private static Literal OfBytes(byte[] value) => new(LiteralKind.Bytes, 0, false, 0, value);

    private static double? ToDouble(object value) => value switch
    {
        double number => number,
        float number => number,
        decimal number => (double)number,
        int number => number,
        long number => number,
        _ => null,
    };

    private static Literal? Scaled(object value, int scale)
    {
        BigInteger numerator;
        int digits = 0;
        switch (value)
        {
            case int number: numerator = number; break;
            case long number: numerator = number; break;
            case double number:
                if (double.IsNaN(number)) return null;
                if (double.IsInfinity(number)) return OfWhole(number > 0 ? Int128.MaxValue : Int128.MinValue);
                if (Math.Abs(number) < 1e28) return Scaled((decimal)number, scale);
                numerator = new BigInteger(number);
                break;
            case decimal number:
                Span<int> bits = stackalloc int[4];
                decimal.GetBits(number, bits);
                digits = number.Scale;
                numerator = new BigInteger(new decimal(bits[0], bits[1], bits[2], number < 0, 0));
                break;
            default:
                return null;
        }

        numerator *= BigInteger.Pow(10, scale);
        return Floor(numerator, BigInteger.Pow(10, digits));
    }

    private static Literal Floor(BigInteger numerator, BigInteger divisor)
    {
        var floor = BigInteger.DivRem(numerator, divisor, out var rest);
        if (rest.Sign < 0) floor--;
        if (floor > MaxWhole) return OfWhole(Int128.MaxValue);
        return floor < MinWhole ? OfWhole(Int128.MinValue) : OfWhole((Int128)floor, !rest.IsZero);
    }

    /// <param name="value">The literal.</param>
    /// <param name="ticksPerUnit">Steps of 100 ns in a unit of the column.</param>
    /// <param name="unitsPerTick">Units of the column in 100 ns.</param>
    private static Literal? Instant(object value, long ticksPerUnit, int unitsPerTick)
    {
        int nanos = 0;
        DateTimeOffset time;
        switch (value)
        {
            case DateTimeOffset instant: time = instant; break;
            case DateOnly day: time = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero); break;
            case string text when TryParse(text, out time, out nanos): break;
            default: return null;
        }

        Int128 ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return Floor((((BigInteger)ticks * 100) + nanos) * unitsPerTick, (BigInteger)ticksPerUnit * 100);
    }

    /// <summary>ISO 8601 with up to nine digits after the point; without a zone it is UTC.</summary>
    private static bool TryParse(string text, out DateTimeOffset time, out int nanos)
    {
        time = default;
        nanos = 0;
        if (text.Length < 10 || text[4] != '-') return false;
        int point = text.IndexOf('.', StringComparison.Ordinal);
        if (point > 0)
        {
            int end = point + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            if (end - point > 10) return false;
            if (end - point > 8)
            {
                nanos = int.Parse(text.AsSpan(point + 8, end - point - 8).ToString().PadRight(2, '0'), CultureInfo.InvariantCulture);
                text = text.Remove(point + 8, end - point - 8);
            }
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    private static Literal? TimeOfDay(object value) => value switch
    {
        TimeOnly time => Floor(time.Ticks, 10),
        string text when TimeOnly.TryParse(text, CultureInfo.InvariantCulture, out var time) => Floor(time.Ticks, 10),
        _ => null,
    };

    private static MeshException Misfit(object value, string column, string expected)
    {
        string found = value is string text ? $"'{text}'" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return new MeshException("MESH10911", $"The column '{column}' cannot be compared with {found}. Give {expected}.");
    }
}
