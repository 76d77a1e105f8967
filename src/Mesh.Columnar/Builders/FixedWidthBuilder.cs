using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>Appends values of a fixed width.</summary>
/// <typeparam name="T">A little-endian value of the type's width: int, long, float, double or Int128.</typeparam>
public sealed class FixedWidthBuilder<T>(DataType type) : ColumnBuilder(type)
    where T : unmanaged
{
    private ValueBuffer values = new();

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
