using System.Buffers.Binary;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Smallest and largest text or byte string, in the order of unsigned bytes. Only a prefix is kept: bounds need no more, and values may
/// be megabytes.
/// </summary>
internal sealed class BinaryExtremes(bool isText)
{
    /// <summary>Sixteen code points of four bytes, which is what the lake keeps of a bound.</summary>
    private const int PrefixBytes = 64;

    private readonly byte[] min = new byte[PrefixBytes];
    private readonly byte[] max = new byte[PrefixBytes];
    private int minLength = -1;
    private int maxLength = -1;
    private bool isMinCut;
    private bool isMaxCut;
    private ulong minKey;
    private ulong maxKey;

    public void Add(ReadOnlySpan<byte> value)
    {
        // The first eight bytes tell of most values that they lie strictly between.
        ulong key = KeyOf(value);
        if (minLength >= 0 && key > minKey && key < maxKey) return;
        Add(value[..Math.Min(PrefixBytes, value.Length)], value.Length > PrefixBytes);
    }

    public void Add(BinaryExtremes other)
    {
        if (other.minLength < 0) return;
        Add(other.min.AsSpan(0, other.minLength), other.isMinCut);
        Add(other.max.AsSpan(0, other.maxLength), other.isMaxCut);
    }

    public void Clear() => minLength = maxLength = -1;

    public ChunkStatistics CreateStatistics(long nullCount)
    {
        if (minLength < 0) return new ChunkStatistics(nullCount, null, null);
        var lower = SingleValue.TruncateDown(min.AsSpan(0, minLength), isText, PrefixBytes);
        var upper = SingleValue.TruncateUp(max.AsSpan(0, maxLength), isMaxCut, isText, PrefixBytes);
        return new ChunkStatistics(nullCount, lower, upper, !isMinCut, !isMaxCut);
    }

    public (byte[]? Lower, byte[]? Upper) CreateIcebergBounds() => minLength < 0
        ? (null, null)
        : (SingleValue.TruncateDown(min.AsSpan(0, minLength), isText, SingleValue.BoundUnits),
            SingleValue.TruncateUp(max.AsSpan(0, maxLength), isMaxCut, isText, SingleValue.BoundUnits));

    private void Add(ReadOnlySpan<byte> prefix, bool isCut)
    {
        int order = minLength < 0 ? -1 : prefix.SequenceCompareTo(min.AsSpan(0, minLength));
        if (order < 0)
        {
            prefix.CopyTo(min);
            minLength = prefix.Length;
            minKey = KeyOf(prefix);
            isMinCut = isCut;
        }
        else if (order == 0)
        {
            isMinCut &= isCut;
        }

        order = maxLength < 0 ? 1 : prefix.SequenceCompareTo(max.AsSpan(0, maxLength));
        if (order > 0)
        {
            prefix.CopyTo(max);
            maxLength = prefix.Length;
            maxKey = KeyOf(prefix);
            isMaxCut = isCut;
        }
        else if (order == 0)
        {
            isMaxCut |= isCut;
        }
    }

    private static ulong KeyOf(ReadOnlySpan<byte> value)
    {
        if (value.Length >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64BigEndian(value);
        ulong key = 0;
        for (int i = 0; i < value.Length; i++) key |= (ulong)value[i] << (56 - (8 * i));
        return key;
    }
}
