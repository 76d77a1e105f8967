using System.Runtime.InteropServices;
using System.Text;

namespace Mesh.Columnar;

/// <summary>
/// Values of one column in Arrow's physical layout (Arrow columnar format, "Physical Memory Layout").
/// Immutable once built.
/// </summary>
public sealed class ColumnVector
{
    /// <summary>Type of the values.</summary>
    public required DataType Type { get; init; }

    /// <summary>Number of values, nulls included.</summary>
    public required int Length { get; init; }

    /// <summary>Number of nulls.</summary>
    public int NullCount { get; init; }

    /// <summary>Bit i (least significant first) is set when value i is present; empty when there are no nulls.</summary>
    public ReadOnlyMemory<byte> Validity { get; init; }

    /// <summary>Length + 1 little-endian 32-bit offsets of <see cref="TypeKind.Utf8"/>, <see cref="TypeKind.Binary"/> and <see cref="TypeKind.List"/>.</summary>
    public ReadOnlyMemory<byte> OffsetBytes { get; init; }

    /// <summary>Fixed-width values, bits of booleans, or the bytes that offsets point into.</summary>
    public ReadOnlyMemory<byte> ValueBytes { get; init; }

    /// <summary>The element column of a list, the field columns of a struct.</summary>
    public IReadOnlyList<ColumnVector> Children { get; init; } = [];

    /// <summary>The offsets.</summary>
    public ReadOnlySpan<int> Offsets => MemoryMarshal.Cast<byte, int>(OffsetBytes.Span);

    /// <summary>The fixed-width values; null places hold zeros.</summary>
    /// <typeparam name="T">Type of the same width as the column's values.</typeparam>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged => MemoryMarshal.Cast<byte, T>(ValueBytes.Span)[..Length];

    /// <summary>Whether value <paramref name="index"/> is absent.</summary>
    public bool IsNull(int index) => NullCount > 0 && (Validity.Span[index >> 3] & (1 << (index & 7))) == 0;

    /// <summary>Truth value at <paramref name="index"/>.</summary>
    public bool GetBoolean(int index) => (ValueBytes.Span[index >> 3] & (1 << (index & 7))) != 0;

    /// <summary>Bytes of text or binary value <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> GetBytes(int index)
    {
        var offsets = Offsets;
        return ValueBytes.Span[offsets[index]..offsets[index + 1]];
    }

    /// <summary>Text at <paramref name="index"/>.</summary>
    public string GetString(int index) => Encoding.UTF8.GetString(GetBytes(index));

    /// <summary>The first <paramref name="length"/> values, in the same memory.</summary>
    public ColumnVector Prefix(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        if (length == Length) return this;
        int nulls = 0;
        for (int i = 0; NullCount > 0 && i < length; i++) nulls += IsNull(i) ? 1 : 0;
        return new ColumnVector
        {
            Type = Type, Length = length, NullCount = nulls, Validity = nulls > 0 ? Validity : default, OffsetBytes = OffsetBytes, ValueBytes = ValueBytes,
            Children = Type.Kind == TypeKind.Struct ? [.. Children.Select(child => child.Prefix(length))] : Children,
        };
    }

    /// <summary>Approximate bytes held, children included.</summary>
    public long EstimatedBytes
    {
        get
        {
            long sum = Validity.Length + (long)OffsetBytes.Length + ValueBytes.Length;
            for (int i = 0; i < Children.Count; i++) sum += Children[i].EstimatedBytes;
            return sum;
        }
    }
}
