namespace Mesh.Columnar;

/// <summary>Appends truth values.</summary>
public sealed class BooleanBuilder() : ColumnBuilder(DataType.Boolean)
{
    private BitBuffer values;

    /// <inheritdoc/>
    public override long EstimatedBytes => values.Bytes;

    /// <summary>Appends a value.</summary>
    public void Append(bool value)
    {
        values.Append(value);
        CountValue();
    }

    /// <inheritdoc/>
    public override byte[] ReserveRows(int count) => values.Reserved(count);

    /// <inheritdoc/>
    protected override void CommitValues(int length) => values.Commit(length);

    /// <inheritdoc/>
    protected override void AppendDefault() => values.Append(false);

    /// <inheritdoc/>
    protected override void TruncateValues(int length) => values.Truncate(length);

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        var vector = new ColumnVector { Type = Type, Length = length, NullCount = nullCount, Validity = validityBits, ValueBytes = values.ToArray() };
        values = default;
        return vector;
    }
}
