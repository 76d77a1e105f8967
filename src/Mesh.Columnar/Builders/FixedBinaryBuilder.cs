namespace Mesh.Columnar;

/// <summary>Appends byte strings of one length.</summary>
/// <param name="type">Type of the values: <see cref="FixedBinaryType"/> or <see cref="DataType.Uuid"/>.</param>
/// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
public sealed class FixedBinaryBuilder(DataType type, ColumnMemory? memory = null) : ColumnBuilder(type)
{
    private ValueBuffer values = new(memory);

    /// <inheritdoc/>
    public override long EstimatedBytes => values.Used;

    /// <summary>Appends a value.</summary>
    /// <exception cref="ArgumentException">It does not have the type's length.</exception>
    public void Append(ReadOnlySpan<byte> value)
    {
        if (value.Length != Type.ByteWidth) throw new ArgumentException($"A value has {value.Length} bytes where the type has {Type.ByteWidth}.", nameof(value));
        values.Append(value);
        CountValue();
    }

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => values.Reserved(checked(count * Type.ByteWidth));

    /// <inheritdoc/>
    protected override void CommitValues(int length) => values.Truncate(length * Type.ByteWidth);

    /// <inheritdoc/>
    protected override void AppendDefault()
    {
        values.Reserve(Type.ByteWidth)[..Type.ByteWidth].Clear();
        values.Advance(Type.ByteWidth);
    }

    /// <inheritdoc/>
    protected override void TruncateValues(int length) => values.Truncate(length * Type.ByteWidth);

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
