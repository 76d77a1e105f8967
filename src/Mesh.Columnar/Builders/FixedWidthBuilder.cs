using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>Appends values of a fixed width.</summary>
/// <typeparam name="T">A little-endian value of the type's width: int, long, Half, float, double or Int128.</typeparam>
/// <param name="type">Type of the values.</param>
/// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
public sealed class FixedWidthBuilder<T>(DataType type, ColumnMemory? memory = null) : ColumnBuilder(type)
    where T : unmanaged
{
    private ValueBuffer values = new(memory);

    /// <inheritdoc/>
    public override long EstimatedBytes => values.Used;

    /// <summary>Appends a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value)
    {
        values.Append(value);
        CountValue();
    }

    /// <summary>Appends a run of values.</summary>
    public void Append(ReadOnlySpan<T> run)
    {
        values.Append(MemoryMarshal.AsBytes(run));
        CountValues(run.Length);
    }

    /// <summary>
    /// Room for <paramref name="count"/> values behind the last, holding anything: fill it, then call <see cref="Commit(int)"/> before any other
    /// call.
    /// </summary>
    /// <exception cref="OverflowException">The column would exceed 2 GiB.</exception>
    public Span<T> Reserve(int count) => MemoryMarshal.Cast<byte, T>(values.Reserve(checked(count * Unsafe.SizeOf<T>())));

    /// <summary>Appends the first <paramref name="count"/> values written to what <see cref="Reserve"/> gave.</summary>
    public void Commit(int count)
    {
        values.Advance(count * Unsafe.SizeOf<T>());
        CountValues(count);
    }

    /// <summary>The same, with absent ones among them.</summary>
    /// <param name="count">Number of values.</param>
    /// <param name="validity">Bit i (least significant first) is set when value i is present.</param>
    public void Commit(int count, ReadOnlySpan<byte> validity)
    {
        // Null places hold zeros.
        var written = Reserve(count);
        for (int i = 0; i < count; i += 8)
        {
            int absent = (byte)~validity[i >> 3];
            if (count - i < 8) absent &= (1 << (count - i)) - 1;
            for (; absent != 0; absent &= absent - 1) written[i + BitOperations.TrailingZeroCount(absent)] = default;
        }

        values.Advance(count * Unsafe.SizeOf<T>());
        CountValues(count, validity);
    }

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => values.Reserved(checked(count * Unsafe.SizeOf<T>()));

    /// <inheritdoc/>
    protected override void CommitValues(int length) => values.Truncate(length * Unsafe.SizeOf<T>());

    /// <inheritdoc/>
    protected override void AppendDefault() => values.Append(default(T));

    /// <inheritdoc/>
    protected override void TruncateValues(int length) => values.Truncate(length * Unsafe.SizeOf<T>());

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits) => new()
    {
        Type = Type,
        Length = length,
        NullCount = nullCount,
        Validity = validityBits,
        ValueBytes = values.Take(),
    };
}
