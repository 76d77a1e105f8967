using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Nodes and buffers of a batch in the order of a depth-first walk (Arrow columnar format, "RecordBatch message").</summary>
internal sealed class ArrowBody(ArrowCompression compression)
{
    private readonly List<ReadOnlyMemory<byte>> buffers = [];
    private readonly List<(long Length, long NullCount)> nodes = [];

    /// <summary>What follows the metadata, each buffer padded to <see cref="ArrowFormat.BufferAlignment"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Buffers => buffers;

    /// <summary>Bytes of all buffers with their padding.</summary>
    public long Bytes => buffers.Sum(buffer => buffer.Length + (long)ArrowFormat.PaddingOf(buffer.Length, ArrowFormat.BufferAlignment));

    /// <summary>Begins a batch.</summary>
    public void Clear()
    {
        buffers.Clear();
        nodes.Clear();
    }

    /// <summary>Adds a column. Of dictionary-encoded ones the indexes; what is new for their dictionaries waits there.</summary>
    public void Add(ArrowColumn plan, ColumnVector column)
    {
        nodes.Add((column.Length, column.NullCount));
        Add(column.NullCount > 0 ? column.Validity[..((column.Length + 7) / 8)] : default);
        if (plan.Dictionary is { } dictionary)
        {
            Add(dictionary.Encode(column));
            return;
        }

        AddValues(column);
        for (int i = 0; i < plan.Children.Count; i++) Add(plan.Children[i], column.Children[i]);
    }

    /// <summary>Adds a column without children as it is.</summary>
    public void AddPlain(ColumnVector column)
    {
        nodes.Add((column.Length, column.NullCount));
        Add(column.NullCount > 0 ? column.Validity[..((column.Length + 7) / 8)] : default);
        AddValues(column);
    }

    /// <summary>The table <c>RecordBatch</c> of Message.fbs.</summary>
    public int Write(FlatBufferBuilder builder, long rows)
    {
        byte[] places = new byte[buffers.Count * 16];
        long at = 0;
        for (int i = 0; i < buffers.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(places.AsSpan(i * 16), at);
            BinaryPrimitives.WriteInt64LittleEndian(places.AsSpan((i * 16) + 8), buffers[i].Length);
            at += buffers[i].Length + ArrowFormat.PaddingOf(buffers[i].Length, ArrowFormat.BufferAlignment);
        }

        byte[] nodeBytes = new byte[nodes.Count * 16];
        var words = MemoryMarshal.Cast<byte, long>(nodeBytes.AsSpan());
        for (int i = 0; i < nodes.Count; i++) (words[2 * i], words[(2 * i) + 1]) = nodes[i];

        int nodeVector = builder.AddStructs(nodeBytes, 16);
        int placeVector = builder.AddStructs(places, 16);
        int compressionAt = 0;
        if (compression != ArrowCompression.None)
        {
            builder.BeginTable();
            builder.AddByte(0, compression == ArrowCompression.Zstd ? (byte)1 : (byte)0);
            compressionAt = builder.EndTable();
        }

        builder.BeginTable();
        builder.AddInt64(0, rows);
        builder.AddOffset(1, nodeVector);
        builder.AddOffset(2, placeVector);
        if (compressionAt != 0) builder.AddOffset(3, compressionAt);
        return builder.EndTable();
    }

    private void AddValues(ColumnVector column)
    {
        switch (column.Type.Kind)
        {
            case TypeKind.Struct:
                break;
            case TypeKind.List or TypeKind.Map:
                Add(Offsets(column));
                break;
            case TypeKind.Utf8 or TypeKind.Binary:
                Add(Offsets(column));
                Add(column.Length == 0 ? default : column.ValueBytes[..column.Offsets[column.Length]]);
                break;
            case TypeKind.Boolean:
                Add(column.ValueBytes[..((column.Length + 7) / 8)]);
                break;
            default:
                Add(column.ValueBytes[..(column.Length * column.Type.ByteWidth)]);
                break;
        }
    }

    private static ReadOnlyMemory<byte> Offsets(ColumnVector column) =>
        column.OffsetBytes.Length == 0 ? new byte[sizeof(int)] : column.OffsetBytes[..((column.Length + 1) * sizeof(int))];

    private void Add(ReadOnlyMemory<byte> buffer) => buffers.Add(compression == ArrowCompression.None || buffer.IsEmpty ? buffer : Compress(buffer.Span));

    /// <summary>A compressed buffer begins with its uncompressed length; an empty one stays empty.</summary>
    private byte[] Compress(ReadOnlySpan<byte> source)
    {
        int bound = compression == ArrowCompression.Zstd ? Zstd.MaxCompressedLength(source.Length) : Lz4.MaxFrameLength(source.Length);
        byte[] scratch = ArrayPool<byte>.Shared.Rent(sizeof(long) + bound);
        try
        {
            var target = scratch.AsSpan(sizeof(long));
            int written = compression == ArrowCompression.Zstd ? Zstd.Compress(source, target) : Lz4.CompressFrame(source, target);

            // Minus one says that the bytes follow as they are.
            bool pays = written < source.Length;
            BinaryPrimitives.WriteInt64LittleEndian(scratch, pays ? source.Length : -1);
            if (pays) return scratch.AsSpan(0, sizeof(long) + written).ToArray();
            byte[] plain = new byte[sizeof(long) + source.Length];
            scratch.AsSpan(0, sizeof(long)).CopyTo(plain);
            source.CopyTo(plain.AsSpan(sizeof(long)));
            return plain;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
