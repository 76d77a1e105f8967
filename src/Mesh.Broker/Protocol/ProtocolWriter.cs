using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Mesh.Broker.Network;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Protocol;

/// <summary>Writes the protocol's primitive types into one pooled buffer; the mirror of <see cref="ProtocolReader"/>.</summary>
/// <param name="budget">Memory that large answers are charged to; null for none.</param>
internal sealed class ProtocolWriter(MemoryBudget? budget = null) : IDisposable
{
    /// <summary>
    /// Longest answer besides its records. A short request can ask for the same thing many thousand times, so what it makes the broker write is
    /// bounded too.
    /// </summary>
    private const int MaxBytes = 128 << 20;

    /// <summary>Taken without asking the budget, so that small answers always pass.</summary>
    private const int FreeBytes = 1 << 20;

    private readonly List<(int At, FileRegion Region)> regions = [];
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(512);
    private long regionBytes;
    private long charged;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Records that belong between the bytes written, each with the position where it goes.</summary>
    public IReadOnlyList<(int At, FileRegion Region)> Regions => regions;

    /// <summary>Bytes written and bytes of the records between them.</summary>
    public long TotalBytes => Length + regionBytes;

    /// <summary>Whether the version being written is flexible.</summary>
    public bool Flexible { get; set; }

    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, Length);

    public void Int8(sbyte value) => Grow(1)[0] = (byte)value;

    public void Boolean(bool value) => Grow(1)[0] = value ? (byte)1 : (byte)0;

    public void Int16(short value) => BinaryPrimitives.WriteInt16BigEndian(Grow(2), value);

    public void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Grow(4), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Grow(8), value);

    public void Error(ErrorCode error) => Int16((short)error);

    public void Uuid(Guid value) => value.TryWriteBytes(Grow(16), bigEndian: true, out _);

    public void UnsignedVarInt(uint value)
    {
        for (; value >= 0x80; value >>= 7) Grow(1)[0] = (byte)(value | 0x80);
        Grow(1)[0] = (byte)value;
    }

    public void String(string value) => NullableString(value);

    public void NullableString(string? value)
    {
        if (value is null)
        {
            if (Flexible) UnsignedVarInt(0);
            else Int16(-1);
            return;
        }

        int bytes = Encoding.UTF8.GetByteCount(value);
        if (Flexible) UnsignedVarInt((uint)bytes + 1);
        else Int16(checked((short)bytes));
        Encoding.UTF8.GetBytes(value, Grow(bytes));
    }

    /// <summary>Bytes as they are, without a length.</summary>
    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Grow(value.Length));

    public void Bytes(ReadOnlySpan<byte> value)
    {
        if (Flexible) UnsignedVarInt((uint)value.Length + 1);
        else Int32(value.Length);
        value.CopyTo(Grow(value.Length));
    }

    public void NullArray() => ArrayLength(-1);

    public void ArrayLength(int count)
    {
        if (Flexible) UnsignedVarInt((uint)(count + 1));
        else Int32(count);
    }

    public void Array<T>(IReadOnlyCollection<T> items, Action<ProtocolWriter, T> element)
    {
        ArrayLength(items.Count);
        foreach (var item in items) element(this, item);
    }

    /// <summary>No tagged fields; does nothing in a version that has none.</summary>
    public void Tags()
    {
        if (Flexible) UnsignedVarInt(0);
    }

    /// <summary>Overwrites four bytes written before.</summary>
    public void PatchInt32(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(position), value);

    /// <summary>A records field whose bytes are taken from a file when the answer is sent; the writer releases the region.</summary>
    public void Records(FileRegion region)
    {
        if (Flexible) UnsignedVarInt((uint)region.Length + 1);
        else Int32(region.Length);
        if (region.Length == 0) return;
        regions.Add((Length, region));
        regionBytes += region.Length;
    }

    public void Dispose()
    {
        foreach (var (_, region) in regions) region.Release();
        regions.Clear();
        ArrayPool<byte>.Shared.Return(buffer);
        budget?.Return(charged);
        (buffer, charged, Length) = ([], 0, 0);
    }

    private void Charge(int needed)
    {
        if (needed > MaxBytes) throw new ProtocolException($"its answer would be longer than {MaxBytes:N0} bytes");
        long more = needed - FreeBytes - charged;
        if (budget is null || more <= 0) return;
        if (!budget.TryTake(more)) throw new ProtocolException("the memory for answers is used up (MaxBufferedBytes)");
        charged += more;
    }

    private Span<byte> Grow(int count)
    {
        int needed = checked(Length + count);
        if (needed > buffer.Length)
        {
            Charge(needed);
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, buffer.Length * 2L), System.Array.MaxLength));
            buffer.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        Length = needed;
        return buffer.AsSpan(needed - count, count);
    }
}
