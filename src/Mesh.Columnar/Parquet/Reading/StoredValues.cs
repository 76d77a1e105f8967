using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Turns values as they are stored into those of the column (LogicalTypes.md).</summary>
internal static class StoredValues
{
    private const int Int96Bytes = 12;
    private const long JulianDayOfEpoch = 2_440_588;
    private const long MicrosOfDay = 86_400_000_000;

    /// <summary>Bytes of a stored value of fixed width.</summary>
    public static int WidthOf(ParquetNode node) => node.PhysicalType switch
    {
        PhysicalType.Int32 or PhysicalType.Float => 4,
        PhysicalType.FixedLenByteArray => node.TypeLength,
        PhysicalType.Int96 => Int96Bytes,
        _ => 8,
    };

    public static bool IsAsStored<T>(ParquetNode node)
        where T : unmanaged => node.Stored == StoredForm.Plain && typeof(T) != typeof(Int128) && WidthOf(node) == Unsafe.SizeOf<T>();

    /// <summary>Converts whole values.</summary>
    public static void Convert<T>(ParquetNode node, ReadOnlySpan<byte> stored, Span<T> target)
        where T : unmanaged
    {
        if (typeof(T) == typeof(Int128)) ToDecimals(node, stored, MemoryMarshal.Cast<T, Int128>(target));
        else if (typeof(T) == typeof(long) && !IsAsStored<T>(node)) ToLongs(node, stored, MemoryMarshal.Cast<T, long>(target));
        else stored.CopyTo(MemoryMarshal.AsBytes(target));
    }

    /// <summary>A decimal in big-endian two's complement of any length.</summary>
    public static Int128 ToDecimal(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return 0;
        Int128 value = (sbyte)bytes[0];

        // Longer ones only repeat the sign ahead, or do not fit 38 digits.
        if (bytes.Length > 16)
        {
            byte sign = (byte)(value < 0 ? 0xFF : 0);
            if (bytes[..^16].ContainsAnyExcept(sign) || ((bytes[^16] ^ sign) & 0x80) != 0) throw new ParquetDataException("a decimal does not fit 128 bits");
            bytes = bytes[^16..];
        }

        if (bytes.Length == 16) return BinaryPrimitives.ReadInt128BigEndian(bytes);
        if (bytes.Length <= 8)
        {
            long small = (sbyte)bytes[0];
            for (int i = 1; i < bytes.Length; i++) small = (small << 8) | bytes[i];
            return small;
        }

        for (int i = 1; i < bytes.Length; i++) value = (value << 8) | bytes[i];
        return value;
    }

    private static void ToDecimals(ParquetNode node, ReadOnlySpan<byte> stored, Span<Int128> target)
    {
        switch (node.PhysicalType)
        {
            case PhysicalType.Int32:
                var ints = MemoryMarshal.Cast<byte, int>(stored);
                for (int i = 0; i < target.Length; i++) target[i] = ints[i];
                break;
            case PhysicalType.Int64 when node.Stored == StoredForm.Unsigned:
                var unsigned = MemoryMarshal.Cast<byte, ulong>(stored);
                for (int i = 0; i < target.Length; i++) target[i] = unsigned[i];
                break;
            case PhysicalType.Int64:
                var longs = MemoryMarshal.Cast<byte, long>(stored);
                for (int i = 0; i < target.Length; i++) target[i] = longs[i];
                break;
            default:
                int width = node.TypeLength;
                for (int i = 0; i < target.Length; i++) target[i] = ToDecimal(stored.Slice(i * width, width));
                break;
        }
    }

    private static void ToLongs(ParquetNode node, ReadOnlySpan<byte> stored, Span<long> target)
    {
        if (node.Stored == StoredForm.Int96)
        {
            for (int i = 0; i < target.Length; i++)
            {
                var value = stored.Slice(i * Int96Bytes, Int96Bytes);
                long nanos = BinaryPrimitives.ReadInt64LittleEndian(value);

                // Signed, and wrapping round as Spark's arithmetic does far in the future.
                int day = BinaryPrimitives.ReadInt32LittleEndian(value[sizeof(long)..]);
                target[i] = unchecked(((day - JulianDayOfEpoch) * MicrosOfDay) + (nanos / 1000));
            }
        }
        else if (node.PhysicalType == PhysicalType.Int32)
        {
            var ints = MemoryMarshal.Cast<byte, int>(stored);
            if (node.Stored == StoredForm.Unsigned)
            {
                for (int i = 0; i < target.Length; i++) target[i] = (uint)ints[i];
            }
            else
            {
                for (int i = 0; i < target.Length; i++) target[i] = ints[i] * 1000L;
            }
        }
        else if (node.Stored == StoredForm.NanosOfDay)
        {
            var nanos = MemoryMarshal.Cast<byte, long>(stored);
            for (int i = 0; i < target.Length; i++) target[i] = nanos[i] / 1000;
        }
        else
        {
            var millis = MemoryMarshal.Cast<byte, long>(stored);
            foreach (long value in millis)
            {
                if (value is < long.MinValue / 1000 or > long.MaxValue / 1000) throw new ParquetDataException($"the time {value} ms does not fit 64 bits of microseconds");
            }

            for (int i = 0; i < target.Length; i++) target[i] = millis[i] * 1000;
        }
    }
}
