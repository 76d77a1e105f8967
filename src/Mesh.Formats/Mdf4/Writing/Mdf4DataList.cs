using System.Buffers.Binary;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>
/// The data blocks of one group, or the values of one variable-length channel: a single block, or a list of them (DL), which compressed
/// ones need a header for (HL). At any moment the file holds a valid list of the blocks written so far.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="id">Id of uncompressed blocks: <c>DT</c> or <c>SD</c>.</param>
/// <param name="ownerLink">Address of the link that refers to the data.</param>
/// <param name="transposedBytes">Length of the records that are transposed; 0 for none.</param>
internal sealed class Mdf4DataList(Mdf4BlockFile file, string id, long ownerLink, int transposedBytes)
{
    // The first list is short because most groups are; later ones are longer to keep the chain short.
    private const int FirstCapacity = 8;
    private const int LargestCapacity = 1024;

    private long[] links = [];
    private long[] offsets = [];
    private long listPosition;
    private int count;
    private long bytes;

    public string Id => id;

    public bool IsCompressed => file.Options.Compression != Mdf4Compression.None;

    /// <summary>Length of the records that are transposed; 0 for none.</summary>
    public int TransposedBytes => transposedBytes;

    /// <summary>Takes in a block that is in the file.</summary>
    public void Add(long position, int dataBytes)
    {
        if (links.Length == 0)
        {
            links = new long[1 + FirstCapacity];
            offsets = new long[FirstCapacity];
            file.Patch(ownerLink, (ulong)position);
        }
        else if (count == offsets.Length)
        {
            Chain();
        }

        links[1 + count] = position;
        offsets[count] = bytes;
        count++;
        bytes += dataBytes;
        if (listPosition != 0)
        {
            WriteList();
        }
        else if (count == 2)
        {
            listPosition = Reserve();
            WriteList();
            file.Patch(ownerLink, (ulong)(IsCompressed ? AddHeader() : listPosition));
        }
    }

    private void Chain()
    {
        int capacity = Math.Min(offsets.Length * 8, LargestCapacity);
        long previous = listPosition;
        links = new long[1 + capacity];
        offsets = new long[capacity];
        count = 0;
        listPosition = Reserve();
        file.PatchLink(previous, 0, listPosition);
    }

    private long AddHeader()
    {
        Span<byte> fields = stackalloc byte[8];
        fields.Clear();
        fields[2] = (byte)(transposedBytes > 0 ? 1 : 0);
        return file.Add("HL", [listPosition], fields);
    }

    private long Reserve() => file.AddRaw(new byte[Mdf4BlockFile.HeaderBytes + 8 + 8 + (offsets.Length * 16)]);

    /// <summary>Writes the list as long as it is now; the room behind it stays zero until more blocks come.</summary>
    private void WriteList()
    {
        Span<byte> data = new byte[8 + (count * 8)];
        BinaryPrimitives.WriteInt32LittleEndian(data[4..], count);
        for (int i = 0; i < count; i++) BinaryPrimitives.WriteInt64LittleEndian(data[(8 + (i * 8))..], offsets[i]);
        byte[] block = new byte[Mdf4BlockFile.HeaderBytes + ((1 + count) * 8) + data.Length];
        Mdf4BlockFile.Write(block, "DL", links.AsSpan(0, 1 + count), data);
        file.Patch(listPosition, block);
    }
}
