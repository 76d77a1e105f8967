using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Avro;

/// <summary>An object container file (Avro specification, "Object Container Files"), codecs null and deflate.</summary>
internal static class AvroFile
{
    public const int SyncBytes = 16;

    /// <summary>Largest block after decompression, in bytes (64 MiB). Writers make blocks of tens of kilobytes.</summary>
    private const int MaxBlockBytes = 64 << 20;

    public static ReadOnlySpan<byte> Magic => [(byte)'O', (byte)'b', (byte)'j', 1];

    /// <summary>Decodes one record of a file; must take exactly the record's bytes.</summary>
    public delegate void RecordReader(ref AvroDecoder decoder, AvroRecord type);

    /// <summary>Reads a whole file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="source">Name for errors.</param>
    /// <param name="onRecord">Takes each record.</param>
    /// <returns>The header's metadata.</returns>
    /// <exception cref="MeshException"><c>MESH8120</c> when it is damaged, with the place.</exception>
    public static IReadOnlyDictionary<string, byte[]> Read(ReadOnlyMemory<byte> file, string source, Action<AvroValue> onRecord) =>
        Read(file, source, (ref AvroDecoder decoder, AvroRecord type) => onRecord(decoder.ReadRecord(type)));

    /// <summary>Reads a whole file record by record without making objects of what is not wanted.</summary>
    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, string, Action{AvroValue})"/>
    public static IReadOnlyDictionary<string, byte[]> Read(ReadOnlyMemory<byte> file, string source, RecordReader readRecord)
    {
        var decoder = new AvroDecoder(file.Span, source);
        if (!file.Span.StartsWith(Magic)) throw AvroFault.At(source, 0, "the magic 'Obj' 1 is missing");
        decoder.Take(Magic.Length);
        var header = ReadHeader(ref decoder, source);
        var sync = decoder.Take(SyncBytes);

        if (!header.TryGetValue("avro.schema", out byte[]? schema)) throw AvroFault.At(source, "its header has no schema");
        var type = AvroSchemaParser.ParseRecord(schema, source);
        bool deflated = header.TryGetValue("avro.codec", out byte[]? codec) && codec.AsSpan().SequenceEqual("deflate"u8);
        if (!deflated && codec is not null && !codec.AsSpan().SequenceEqual("null"u8)) throw AvroFault.At(source, "its codec is neither null nor deflate");

        byte[] inflated = [];
        try
        {
            while (!decoder.AtEnd)
            {
                int start = decoder.Position;
                long count = decoder.ReadLong();
                var stored = decoder.ReadBytes();
                if (!decoder.Take(SyncBytes).SequenceEqual(sync)) throw AvroFault.At(source, start, "a block does not end with the sync marker");
                var content = stored;
                if (deflated)
                {
                    var compressed = file.Slice(decoder.Position - SyncBytes - stored.Length, stored.Length);
                    int length = Inflate(compressed, ref inflated, source, start);
                    content = inflated.AsSpan(0, length);
                }

                var block = new AvroDecoder(content, source);
                for (; count > 0; count--)
                {
                    int before = block.Position;
                    readRecord(ref block, type);
                    block.CountIfEmpty(before);
                }

                if (count < 0 || !block.AtEnd) throw AvroFault.At(source, start, "a block does not hold the number of records it announces");
            }
        }
        finally
        {
            if (inflated.Length > 0) ArrayPool<byte>.Shared.Return(inflated);
        }

        return header;
    }

    private static Dictionary<string, byte[]> ReadHeader(ref AvroDecoder decoder, string source)
    {
        var header = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (long count = decoder.ReadLong(); count != 0; count = decoder.ReadLong())
        {
            if (count < 0)
            {
                if (count == long.MinValue) throw AvroFault.At(source, decoder.Position, "the header announces 2^63 entries");
                count = -count;
                decoder.ReadLong();
            }

            for (; count > 0; count--)
            {
                string key = decoder.ReadString();
                header[key] = decoder.ReadBytes().ToArray();
            }
        }

        return header;
    }

    /// <summary>Inflates a block into a rented buffer that is used again for the next; returns the length.</summary>
    private static int Inflate(ReadOnlyMemory<byte> stored, ref byte[] buffer, string source, long offset)
    {
        if (buffer.Length == 0) buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            var input = MemoryMarshal.TryGetArray(stored, out var segment)
                ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
                : new MemoryStream(stored.ToArray());
            using var inflater = new DeflateStream(input, CompressionMode.Decompress);
            int length = 0;
            for (int read; (read = inflater.Read(buffer, length, buffer.Length - length)) > 0;)
            {
                length += read;
                if (length > MaxBlockBytes) throw AvroFault.At(source, offset, $"a block inflates to more than {MaxBlockBytes:N0} bytes");
                if (length < buffer.Length) continue;
                byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }

            return length;
        }
        catch (InvalidDataException exception)
        {
            throw AvroFault.At(source, offset, $"a block does not inflate ({exception.Message})");
        }
    }
}
