using System.Buffers.Binary;
using Mesh.Columnar.Compression;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>A data block on its way to the file: raw bytes, then what is stored of them.</summary>
/// <param name="List">The list it belongs to.</param>
/// <param name="Bytes">Room for headers, the data, and room for padding; pooled.</param>
/// <param name="DataBytes">Bytes of data.</param>
internal sealed record Mdf4DataBlock(Mdf4DataList List, byte[] Bytes, int DataBytes)
{
    /// <summary>Room in front of the data for the longest header.</summary>
    public const int HeadRoom = Mdf4BlockFile.HeaderBytes + DzBytes;

    /// <summary>Room behind the data for padding.</summary>
    public const int TailRoom = 8;

    // Own fields of a DZ block, in front of its data.
    private const int DzBytes = 24;

    private byte[] packed = [];

    public Task? Work { get; set; }

    /// <summary>The block as it goes to the file, header and padding included.</summary>
    public ReadOnlyMemory<byte> Stored { get; private set; }

    /// <summary>Bytes held until it is written.</summary>
    public long Cost => Bytes.Length + (List.IsCompressed ? 2L * DataBytes : 0);

    /// <summary>Compresses if that makes it smaller, and writes the header.</summary>
    public void Pack(Mdf4WriterOptions options)
    {
        if (List.IsCompressed && TryCompress(options)) return;
        int header = HeadRoom - Mdf4BlockFile.HeaderBytes;
        Mdf4BlockFile.WriteHeader(Bytes.AsSpan(header), List.Id, Mdf4BlockFile.HeaderBytes + DataBytes, 0);
        Stored = Padded(Bytes, header, HeadRoom + DataBytes);
    }

    public void Release()
    {
        SourceWindow.Release(Bytes);
        SourceWindow.Release(packed);
        packed = [];
        Stored = default;
    }

    private bool TryCompress(Mdf4WriterOptions options)
    {
        packed = SourceWindow.Rent(HeadRoom + Deflate.MaxCompressedLength(DataBytes) + TailRoom);
        var data = Bytes.AsSpan(HeadRoom, DataBytes);
        byte[] columns = [];
        if (List.TransposedBytes > 0)
        {
            columns = SourceWindow.Rent(DataBytes);
            Transpose(data, List.TransposedBytes, columns);
            data = columns.AsSpan(0, DataBytes);
        }

        int length = Deflate.Compress(data, packed.AsSpan(HeadRoom), options.CompressionLevel);
        SourceWindow.Release(columns);
        if (length + DzBytes >= DataBytes) return false;

        Mdf4BlockFile.WriteHeader(packed, "DZ", HeadRoom + length, 0);
        var fields = packed.AsSpan(Mdf4BlockFile.HeaderBytes, DzBytes);
        fields[0] = (byte)List.Id[0];
        fields[1] = (byte)List.Id[1];
        fields[2] = (byte)(List.TransposedBytes > 0 ? 1 : 0);
        fields[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(fields[4..], List.TransposedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(fields[8..], DataBytes);
        BinaryPrimitives.WriteInt64LittleEndian(fields[16..], length);
        Stored = Padded(packed, 0, HeadRoom + length);
        return true;
    }

    /// <summary>Bytes of equal place in their records side by side; what is left of the last record stays as it is.</summary>
    internal static void Transpose(ReadOnlySpan<byte> records, int recordBytes, Span<byte> columns)
    {
        // In tiles, so that neither side leaves the cache line before it is used up.
        const int Tile = 64;
        int rows = records.Length / recordBytes;
        for (int row = 0; row < rows; row += Tile)
        {
            int rowEnd = Math.Min(row + Tile, rows);
            for (int place = 0; place < recordBytes; place += Tile)
            {
                int placeEnd = Math.Min(place + Tile, recordBytes);
                for (int p = place; p < placeEnd; p++)
                {
                    var column = columns.Slice(p * rows, rows);
                    for (int r = row; r < rowEnd; r++) column[r] = records[(r * recordBytes) + p];
                }
            }
        }

        int whole = rows * recordBytes;
        records[whole..].CopyTo(columns[whole..]);
    }

    private static Memory<byte> Padded(byte[] bytes, int start, int end)
    {
        int length = (end - start + 7) & ~7;
        bytes.AsSpan(end, start + length - end).Clear();
        return bytes.AsMemory(start, length);
    }
}
