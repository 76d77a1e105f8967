using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>
/// The dictionary of a text column while it is written. Values are numbered as they come; those that came with a batch are written before it,
/// from the second batch on as a delta. When the values are many, they are forgotten: a stream then begins the dictionary anew, a file, where a
/// dictionary may not be replaced, goes on and may name a value twice, which the format permits.
/// </summary>
/// <param name="id">Id within the file.</param>
/// <param name="type">Text or binary.</param>
/// <param name="canReplace">Whether the form allows a dictionary to be replaced.</param>
/// <param name="maxBytes">Bytes of values that are remembered.</param>
internal sealed class TextDictionary(long id, DataType type, bool canReplace, long maxBytes)
{
    // What a remembered value costs beside its bytes.
    private const int EntryBytes = 64;

    private readonly Dictionary<byte[], int> known = new(new BytesComparer());
    private readonly BinaryBuilder added = new(type);
    private long knownBytes;
    private int next;

    /// <summary>Id within the file.</summary>
    public long Id => id;

    /// <summary>Whether the values that come next are added to those written before.</summary>
    public bool IsDelta { get; private set; }

    /// <summary>The indexes of a column's values; new values wait for <see cref="TakeAdded"/>.</summary>
    public byte[] Encode(ColumnVector column)
    {
        if (knownBytes > maxBytes) Forget();
        byte[] bytes = new byte[column.Length * sizeof(int)];
        var indexes = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        var lookup = known.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int i = 0; i < indexes.Length; i++)
        {
            if (column.IsNull(i)) continue;
            var value = column.GetBytes(i);
            if (!lookup.TryGetValue(value, out int index))
            {
                index = next++;
                lookup[value] = index;
                added.Append(value);
                knownBytes += value.Length + EntryBytes;
            }

            indexes[i] = index;
        }

        return bytes;
    }

    /// <summary>The values that were new, for a dictionary batch; null when there is nothing to write.</summary>
    public ColumnVector? TakeAdded() => added.Length > 0 || !IsDelta ? added.Build() : null;

    /// <summary>Takes note that the values were written.</summary>
    public void Written() => IsDelta = true;

    private void Forget()
    {
        known.Clear();
        knownBytes = 0;
        if (!canReplace) return;
        next = 0;
        IsDelta = false;
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash64.Hash(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
