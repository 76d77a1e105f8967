using System.Buffers.Binary;
using System.Text;
using Mesh.Columnar;

namespace Mesh.Decode;

/// <summary>A text column of every row's identity.</summary>
internal abstract class TextColumn
{
    /// <summary>The values of the rows since the last call.</summary>
    public abstract ColumnVector Take(int rows);
}

/// <summary>A column whose rows have texts of their own, appended one by one.</summary>
internal sealed class VaryingColumn : TextColumn
{
    private readonly BinaryBuilder builder = new(DataType.Utf8);

    public void Append(ReadOnlySpan<byte> value) => builder.Append(value);

    public override ColumnVector Take(int rows) => builder.Build();
}

/// <summary>A column with the same text in every row; batches share its memory, so that it costs nothing per message.</summary>
internal sealed class ConstantColumn(string text) : TextColumn
{
    private readonly byte[] value = Encoding.UTF8.GetBytes(text);
    private byte[] offsets = new byte[sizeof(int)];
    private byte[] values = [];
    private int capacity;

    public override ColumnVector Take(int rows)
    {
        if (rows > capacity) Grow(rows);
        return new ColumnVector
        {
            Type = DataType.Utf8,
            Length = rows,
            OffsetBytes = offsets.AsMemory(0, (rows + 1) * sizeof(int)),
            ValueBytes = values.AsMemory(0, rows * value.Length),
        };
    }

    // Earlier batches keep the arrays they were given: the new ones are filled before they are swapped in.
    private void Grow(int rows)
    {
        int size = Math.Max(rows, capacity * 2);
        var newOffsets = new byte[(size + 1) * sizeof(int)];
        var newValues = new byte[size * value.Length];
        for (int i = 0; i < size; i++)
        {
            value.CopyTo(newValues.AsSpan(i * value.Length));
            BinaryPrimitives.WriteInt32LittleEndian(newOffsets.AsSpan((i + 1) * sizeof(int)), (i + 1) * value.Length);
        }

        (offsets, values, capacity) = (newOffsets, newValues, size);
    }
}

/// <summary>A column of absent 64-bit values; batches share its memory.</summary>
internal sealed class AbsentColumn
{
    private byte[] zeros = [];

    public ColumnVector Take(int rows)
    {
        if (zeros.Length < rows * sizeof(long)) zeros = new byte[Math.Max(rows * sizeof(long), zeros.Length * 2)];
        return new ColumnVector
        {
            Type = DataType.Int64,
            Length = rows,
            NullCount = rows,
            Validity = zeros.AsMemory(0, (rows + 7) >> 3),
            ValueBytes = zeros.AsMemory(0, rows * sizeof(long)),
        };
    }
}
