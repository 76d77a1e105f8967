using System.Runtime.InteropServices;
using System.Text;

namespace Mesh.Columnar;

/// <summary>Appends text or bytes.</summary>
public sealed class BinaryBuilder(DataType type) : ColumnBuilder(type)
{
    private byte[] bytes = [];
    private int used;
    private int[] ends = [];
    private int count;

    /// <inheritdoc/>
    public override long EstimatedBytes => bytes.Length + (long)ends.Length * sizeof(int);

    /// <summary>Appends a value; the caller vouches that the bytes of a text column are UTF-8.</summary>
    /// <exception cref="OverflowException">The column would exceed 2 GiB, the reach of a 32-bit offset.</exception>
    public void Append(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(bytes.AsSpan(used));
        used += value.Length;
        AppendEnd();
        CountValue();
    }

    /// <summary>Appends text.</summary>
    public void Append(string value)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(value.Length));
        used += Encoding.UTF8.GetBytes(value, bytes.AsSpan(used));
        AppendEnd();
        CountValue();
    }

    /// <inheritdoc/>
    protected override void AppendDefault() => AppendEnd();

    /// <inheritdoc/>
    protected override void TruncateValues(int length)
    {
        count = length;
        used = length == 0 ? 0 : ends[length - 1];
    }

    /// <inheritdoc/>
    protected override ColumnVector BuildValues(int length, int nullCount, ReadOnlyMemory<byte> validityBits)
    {
        var offsets = new int[count + 1];
        ends.AsSpan(0, count).CopyTo(offsets.AsSpan(1));
        var vector = new ColumnVector
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Validity = validityBits,
            OffsetBytes = MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray(),
            ValueBytes = bytes.AsSpan(0, used).ToArray(),
        };
        bytes = [];
        used = 0;
        ends = [];
        count = 0;
        return vector;
    }

    private void AppendEnd()
    {
        if (count == ends.Length) Array.Resize(ref ends, Math.Max(64, ends.Length * 2));
        ends[count++] = used;
    }

    private void Reserve(int size)
    {
        int needed = checked(used + size);
        if (needed <= bytes.Length) return;
        Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(256L, bytes.Length * 2L), needed)));
    }
}
