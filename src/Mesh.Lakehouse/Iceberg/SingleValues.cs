using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>
/// Single values as objects (see <see cref="DataFile.Partition"/>) and as bytes (Iceberg specification, appendix D, "Binary single-value
/// serialization").
/// </summary>
internal static class SingleValues
{
    /// <summary>The bytes of a value.</summary>
    public static byte[] Encode(object value)
    {
        switch (value)
        {
            case bool truth:
                return [truth ? (byte)1 : (byte)0];
            case int number:
                byte[] four = new byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(four, number);
                return four;
            case long number:
                byte[] eight = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(eight, number);
                return eight;
            case float number:
                byte[] single = new byte[sizeof(float)];
                BinaryPrimitives.WriteSingleLittleEndian(single, number);
                return single;
            case double number:
                byte[] wide = new byte[sizeof(double)];
                BinaryPrimitives.WriteDoubleLittleEndian(wide, number);
                return wide;
            case decimal number:
                return Unscaled(number).ToByteArray(isBigEndian: true);
            case string text:
                return Encoding.UTF8.GetBytes(text);
            case Guid id:
                return id.ToByteArray(bigEndian: true);
            case byte[] bytes:
                return bytes;
            default:
                throw new ArgumentException($"A value of type {value.GetType().Name} is none of the lake's.", nameof(value));
        }
    }

    /// <summary>
    /// The value of some bytes; null when they cannot be one of the type. Bounds written before a column was widened are shorter
    /// (specification, "Schema Evolution").
    /// </summary>
    public static object? Decode(ReadOnlySpan<byte> bytes, DataType type)
    {
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                return bytes.Length == 1 ? bytes[0] != 0 : null;
            case TypeKind.Int32 or TypeKind.Date32:
                return bytes.Length == sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : null;
            case TypeKind.Float32:
                return bytes.Length == sizeof(float) ? BinaryPrimitives.ReadSingleLittleEndian(bytes) : null;
            case TypeKind.Float64:
                if (bytes.Length == sizeof(float)) return (double)BinaryPrimitives.ReadSingleLittleEndian(bytes);
                return bytes.Length == sizeof(double) ? BinaryPrimitives.ReadDoubleLittleEndian(bytes) : null;
            case TypeKind.Decimal128:
                return bytes.Length is > 0 and <= 16 ? ToDecimal(new BigInteger(bytes, isBigEndian: true), ((DecimalType)type).Scale) : null;
            case TypeKind.Utf8:
                return Encoding.UTF8.GetString(bytes);
            case TypeKind.Uuid:
                return bytes.Length == 16 ? new Guid(bytes, bigEndian: true) : null;
            case TypeKind.Binary or TypeKind.FixedBinary:
                return bytes.ToArray();
            default:
                if (bytes.Length == sizeof(int)) return (long)BinaryPrimitives.ReadInt32LittleEndian(bytes);
                return bytes.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : null;
        }
    }

    /// <summary>The value in the layout of a <see cref="ColumnVector"/> of the type, for pruning.</summary>
    public static byte[] ToVectorBytes(object value, DataType type)
    {
        if (value is not decimal number) return Encode(value);
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteInt128LittleEndian(bytes, (Int128)Unscaled(Rescaled(number, ((DecimalType)type).Scale)));
        return bytes;
    }

    /// <summary>Whether a value is of the kind that partition values of the type have; an int also fits where a long is wanted.</summary>
    public static bool Fits(object value, DataType type) => type.Kind switch
    {
        TypeKind.Boolean => value is bool,
        TypeKind.Int32 or TypeKind.Date32 => value is int,
        TypeKind.Float32 => value is float,
        TypeKind.Float64 => value is double or float,
        TypeKind.Decimal128 => value is decimal,
        TypeKind.Utf8 => value is string,
        TypeKind.Uuid => value is Guid,
        TypeKind.Binary => value is byte[],
        TypeKind.FixedBinary => value is byte[] bytes && bytes.Length == type.ByteWidth,
        _ => value is long or int,
    };

    /// <summary>The value under a type that its column has been widened to since.</summary>
    public static object? Widen(object? value, DataType type) => (value, type.Kind) switch
    {
        (int number, not (TypeKind.Int32 or TypeKind.Date32)) => (long)number,
        (float number, TypeKind.Float64) => (double)number,
        (decimal number, TypeKind.Decimal128) => Rescaled(number, ((DecimalType)type).Scale),
        _ => value,
    };

    /// <summary>Order of two values of one type: text and bytes by unsigned bytes, as files order them.</summary>
    public static int Compare(object left, object right) => (left, right) switch
    {
        (string a, string b) => CompareText(a, b),
        (byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b),
        (Guid a, Guid b) => CompareIds(a, b),
        _ => Comparer<object>.Default.Compare(left, right),
    };

    /// <summary>Whether two partition tuples are the same.</summary>
    public static bool AreEqual(IReadOnlyList<object?> left, IReadOnlyList<object?> right)
    {
        if (left.Count != right.Count) return false;
        for (int i = 0; i < left.Count; i++)
        {
            bool same = (left[i], right[i]) is (byte[] a, byte[] b) ? a.AsSpan().SequenceEqual(b) : Equals(left[i], right[i]);
            if (!same) return false;
        }

        return true;
    }

    /// <summary>The digits of a decimal without its point.</summary>
    public static BigInteger Unscaled(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var magnitude = ((BigInteger)(uint)parts[2] << 64) | ((BigInteger)(uint)parts[1] << 32) | (uint)parts[0];
        return parts[3] < 0 ? -magnitude : magnitude;
    }

    /// <summary>A decimal of some digits; null when it has more than .NET's decimal holds (28).</summary>
    public static decimal? ToDecimal(BigInteger unscaled, int scale)
    {
        var magnitude = BigInteger.Abs(unscaled);
        if (scale > 28 || magnitude >> 96 != 0) return null;
        return new decimal(
            (int)(uint)(magnitude & uint.MaxValue), (int)(uint)((magnitude >> 32) & uint.MaxValue), (int)(uint)(magnitude >> 64), unscaled.Sign < 0, (byte)scale);
    }

    /// <summary>The same number with that many digits after the point.</summary>
    public static decimal Rescaled(decimal value, int scale)
    {
        int missing = scale - value.Scale;
        if (missing == 0) return value;
        var unscaled = missing > 0 ? Unscaled(value) * BigInteger.Pow(10, missing) : Unscaled(decimal.Round(value, scale));
        return ToDecimal(unscaled, scale) ?? throw new ArgumentOutOfRangeException(nameof(value), value, $"It has too many digits for {scale} of them after the point.");
    }

    private static int CompareText(string left, string right)
    {
        // UTF-16 puts surrogates before U+E000, code points and their UTF-8 bytes put them last.
        for (int i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            if (left[i] != right[i]) return Weight(left[i]).CompareTo(Weight(right[i]));
        }

        return left.Length.CompareTo(right.Length);
    }

    private static int Weight(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;

    private static int CompareIds(Guid left, Guid right)
    {
        Span<byte> a = stackalloc byte[16];
        Span<byte> b = stackalloc byte[16];
        left.TryWriteBytes(a, bigEndian: true, out _);
        right.TryWriteBytes(b, bigEndian: true, out _);
        return a.SequenceCompareTo(b);
    }
}
