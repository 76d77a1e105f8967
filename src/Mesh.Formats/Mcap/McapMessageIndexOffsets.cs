using System.Buffers.Binary;
using System.Collections;

namespace Mesh.Formats.Mcap;

/// <summary>Places of message indexes by channel id, as they lie in the file: a long recording has millions.</summary>
internal sealed class McapMessageIndexOffsets(byte[] entries) : IReadOnlyList<KeyValuePair<ushort, ulong>>
{
    public const int EntryBytes = sizeof(ushort) + sizeof(ulong);

    public int Count => entries.Length / EntryBytes;

    public KeyValuePair<ushort, ulong> this[int index]
    {
        get
        {
            var entry = entries.AsSpan(index * EntryBytes, EntryBytes);
            return new(BinaryPrimitives.ReadUInt16LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[sizeof(ushort)..]));
        }
    }

    public IEnumerator<KeyValuePair<ushort, ulong>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
