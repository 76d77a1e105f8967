using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>Appends values of a fixed width.</summary>
/// <typeparam name="T">A little-endian value of the type's width: int, long, float, double or Int128.</typeparam>
public sealed class FixedWidthBuilder<T>(DataType type) : ColumnBuilder(type)
    where T : unmanaged
{
    private T[] values = [];
    private int count;

    /// <inheritdoc/>
    public override long EstimatedBytes => (long)values.Length * Unsafe.SizeOf<T>();

    /// <summary>Appends a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value)
    {
        if (count == values.Length) Grow(1);
        values[count++] = value;
        CountValue();
    }

    /// <summary>Appends a run of values.</summary>
    public void Append(ReadOnlySpan<T> run)
    {
        if (values.Length - count < run.Length) Grow(run.Length);
        run.CopyTo(values.AsSpan(count));
        count += run.Length;
        CountValues(run.Length);
    }

    /// <inheritdoc/>
    protected override void AppendDefault()
    {
        if (count == values.Length) Grow(1);
        values[count++] = default;
    }

    /// <inheritdoc/>
    protected override void TruncateValues(int length) => count = length;

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        var vector = new ColumnVector
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Validity = validityBits,
            ValueBytes = MemoryMarshal.AsBytes(values.AsSpan(0, count)).ToArray(),
        };
        values = [];
        count = 0;
        return vector;
    }

    private void Grow(int by) => Array.Resize(ref values, Math.Max(Math.Max(64, values.Length * 2), count + by));
}
