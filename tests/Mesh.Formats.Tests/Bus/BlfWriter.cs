using System.Buffers.Binary;
using Mesh.Columnar.Compression;

namespace Mesh.Formats.Tests.Bus;

/// <summary>Writes BLF files for tests: objects by type and content, in containers that cut them wherever they end.</summary>
internal sealed class BlfWriter
{
    private readonly List<byte> objects = [];

    public static byte[] CanMessage(ushort channel, uint id, ReadOnlySpan<byte> data)
    {
        byte[] content = new byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(content, channel);
        content[3] = (byte)data.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(4), id);
        data.CopyTo(content.AsSpan(8));
        return content;
    }

    public BlfWriter Add(uint type, ulong timeNs, ReadOnlySpan<byte> content)
    {
        byte[] header = new byte[32];
        "LOBJ"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), 32);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)(32 + content.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), type);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), timeNs);
        objects.AddRange(header);
        objects.AddRange(content);
        for (int padding = content.Length % 4; padding > 0; padding--) objects.Add(0);
        return this;
    }

    /// <summary>The file, with start time 1970.</summary>
    /// <param name="containerBytes">Bytes of the object stream per container; 0 for none, the objects in the file itself.</param>
    /// <param name="isCompressed">Whether containers are compressed.</param>
    public byte[] ToFile(int containerBytes, bool isCompressed)
    {
        var file = new List<byte>(new byte[144]);
        byte[] stream = [.. objects];
        if (containerBytes == 0)
        {
            file.AddRange(stream);
        }
        else
        {
            for (int start = 0; start < stream.Length; start += containerBytes)
            {
                byte[] piece = stream[start..Math.Min(stream.Length, start + containerBytes)];
                byte[] stored = piece;
                if (isCompressed)
                {
                    byte[] room = new byte[Deflate.MaxCompressedLength(piece.Length)];
                    stored = room[..Deflate.Compress(piece, room)];
                }

                byte[] header = new byte[32];
                "LOBJ"u8.CopyTo(header);
                header[4] = 16;
                header[6] = 1;
                BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)(32 + stored.Length));
                header[12] = 10;
                header[16] = (byte)(isCompressed ? 2 : 0);
                BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), (uint)piece.Length);
                file.AddRange(header);
                file.AddRange(stored);
                file.AddRange(new byte[stored.Length % 4]);
            }
        }

        byte[] whole = [.. file];
        "LOGG"u8.CopyTo(whole);
        whole[4] = 144;
        BinaryPrimitives.WriteUInt64LittleEndian(whole.AsSpan(16), (ulong)whole.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(whole.AsSpan(40), 1970);
        whole[42] = 1;
        whole[46] = 1;
        return whole;
    }
}
