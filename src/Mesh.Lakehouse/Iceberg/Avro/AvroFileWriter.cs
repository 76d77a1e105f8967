using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Lakehouse.Iceberg.Avro;

/// <summary>Builds an object container file in memory, deflated, in blocks of about 64 KiB. Manifests are small by design.</summary>
internal sealed class AvroFileWriter
{
    private const int BlockBytes = 64 << 10;

    private readonly ArrayBufferWriter<byte> file = new();
    private readonly ArrayBufferWriter<byte> block = new();
    private readonly byte[] sync;
    private int records;

    public AvroFileWriter(string schema, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new AvroEncoder(file);
        header.WriteRaw(AvroFile.Magic);
        header.WriteLong(metadata.Count + 2);
        foreach (var (key, value) in metadata.Prepend(new("avro.codec", "deflate")).Prepend(new("avro.schema", schema)))
        {
            header.WriteString(key);
            header.WriteBytes(Encoding.UTF8.GetBytes(value));
        }

        header.WriteLong(0);

        // The marker need only be unlikely inside the data; deriving it keeps equal input equal output.
        sync = SHA256.HashData(file.WrittenSpan)[..AvroFile.SyncBytes];
        header.WriteRaw(sync);
        Record = new AvroEncoder(block);
    }

    /// <summary>Takes the fields of the current record in schema order.</summary>
    public AvroEncoder Record { get; }

    /// <summary>Bytes so far, the open block not compressed.</summary>
    public long WrittenBytes => file.WrittenCount + block.WrittenCount;

    public void EndRecord()
    {
        records++;
        if (block.WrittenCount >= BlockBytes) FlushBlock();
    }

    public ReadOnlyMemory<byte> Complete()
    {
        FlushBlock();
        return file.WrittenMemory;
    }

    private void FlushBlock()
    {
        if (records == 0) return;
        using var deflated = new MemoryStream();
        using (var deflater = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true)) deflater.Write(block.WrittenSpan);
        var encoder = new AvroEncoder(file);
        encoder.WriteLong(records);
        encoder.WriteBytes(deflated.GetBuffer().AsSpan(0, (int)deflated.Length));
        encoder.WriteRaw(sync);
        block.ResetWrittenCount();
        records = 0;
    }
}
