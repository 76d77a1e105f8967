namespace Mesh.Columnar;

/// <summary>Appends values of one column. Not thread-safe.</summary>
public abstract class ColumnBuilder(DataType type)
{
    private BitBuffer validity;
    private bool hasValidity;

    /// <summary>Type of the values.</summary>
    public DataType Type { get; } = type;

    /// <summary>Values appended so far, nulls included.</summary>
    public int Length { get; private set; }

    /// <summary>Nulls appended so far.</summary>
    public int NullCount { get; private set; }

    /// <summary>Approximate bytes of the values appended so far, children included. The builder holds up to twice that.</summary>
    public abstract long EstimatedBytes { get; }

    /// <summary>Appends an absent value.</summary>
    public void AppendNull()
    {
        if (!hasValidity)
        {
            // Columns without nulls carry no bitmap; the first null back-fills it.
            validity.AppendRun(true, Length);
            hasValidity = true;
        }

        AppendDefault();
        validity.Append(false);
        Length++;
        NullCount++;
    }

    /// <summary>
    /// Forgets the values from <paramref name="length"/> on, and what was begun but not ended, as if they had never been appended.
    /// </summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        if (hasValidity)
        {
            NullCount -= validity.CountZeros(length, Length);
            validity.Truncate(length);
        }

        TruncateValues(length);
        Length = length;
    }

    /// <summary>
    /// Room for more values, for code that stores them itself and then calls <see cref="CommitRows"/>: the array of the fixed-width values, of
    /// the truth values' bits (clear beyond <see cref="Length"/>), or of the 32-bit ends of texts and lists after a leading zero; empty for
    /// structs. Value i belongs at index i, where the first free one is <see cref="Length"/>. Valid until the next call of any other method.
    /// </summary>
    /// <param name="count">Values to come.</param>
    /// <exception cref="OverflowException">The column would exceed 2 GiB.</exception>
    public abstract byte[] ReserveRows(int count);

    /// <summary>Counts <paramref name="count"/> present values that were stored in the array of <see cref="ReserveRows"/>.</summary>
    public void CommitRows(int count)
    {
        CommitValues(Length + count);
        CountValues(count);
    }

    /// <summary>Makes the column and empties the builder for the next one.</summary>
    public ColumnVector Build()
    {
        var vector = BuildValues(Length, NullCount, NullCount > 0 ? validity.ToArray() : default);
        validity = default;
        hasValidity = false;
        Length = 0;
        NullCount = 0;
        return vector;
    }

    /// <summary>Makes the builder of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="memory">Memory that columns are built in and that is used again; null for memory of their own.</param>
    public static ColumnBuilder Create(DataType type, ColumnMemory? memory = null) => type.Kind switch
    {
        TypeKind.Boolean => new BooleanBuilder(),
        TypeKind.Int32 => new FixedWidthBuilder<int>(type, memory),
        TypeKind.Date32 => new FixedWidthBuilder<int>(type, memory),
        TypeKind.Int64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos
            or TypeKind.TimeMicros => new FixedWidthBuilder<long>(type, memory),
        TypeKind.Float16 => new FixedWidthBuilder<Half>(type, memory),
        TypeKind.Float32 => new FixedWidthBuilder<float>(type, memory),
        TypeKind.Float64 => new FixedWidthBuilder<double>(type, memory),
        TypeKind.Decimal128 => new FixedWidthBuilder<Int128>(type, memory),
        TypeKind.Utf8 or TypeKind.Binary => new BinaryBuilder(type, memory),
        TypeKind.Uuid or TypeKind.FixedBinary => new FixedBinaryBuilder(type, memory),
        TypeKind.List => new ListBuilder((ListType)type, memory),
        TypeKind.Map => new MapBuilder((MapType)type, memory),
        TypeKind.Struct => new StructBuilder((StructType)type, memory),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No builder for this type."),
    };

    /// <summary>Counts one present value that the subclass has just stored.</summary>
    protected void CountValue()
    {
        if (hasValidity) validity.Append(true);
        Length++;
    }

    /// <summary>Counts <paramref name="count"/> present values that the subclass has just stored.</summary>
    protected void CountValues(int count)
    {
        if (hasValidity) validity.AppendRun(true, count);
        Length += count;
    }

    /// <summary>Counts <paramref name="count"/> values that the subclass has just stored, of which those without a bit are absent.</summary>
    protected void CountValues(int count, ReadOnlySpan<byte> validityBits)
    {
        if (!hasValidity)
        {
            validity.AppendRun(true, Length);
            hasValidity = true;
        }

        NullCount += count - validity.AppendBits(validityBits, count);
        Length += count;
    }

    /// <summary>Takes note that values up to <paramref name="length"/> are stored.</summary>
    protected abstract void CommitValues(int length);

    /// <summary>Stores the placeholder of an absent value.</summary>
    protected abstract void AppendDefault();

    /// <summary>Drops stored values from <paramref name="length"/> on; <see cref="Length"/> still has the old count.</summary>
    protected abstract void TruncateValues(int length);

    /// <summary>Hands out the stored values and forgets them.</summary>
    protected abstract ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits);
}
