using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>Finds attachments by their place and gives their bytes once their checksum has been seen to be right.</summary>
internal static class McapAttachments
{
    private const int HeadBytes = 64 << 10;
    private const int PieceBytes = 1 << 20;

    /// <summary>An attachment's fields before its bytes.</summary>
    /// <returns>Null when there is no attachment.</returns>
    public static async ValueTask<Head?> TryReadHeadAsync(IByteSource source, long position, CancellationToken cancellationToken)
    {
        if (position < McapRecordLexer.Magic.Length || position > source.Length - McapRecordLexer.PrefixBytes) return null;
        byte[] bytes = new byte[(int)Math.Min(HeadBytes, source.Length - position)];
        int filled = await source.ReadAtAsync(position, bytes, cancellationToken).ConfigureAwait(false);
        return Parse(bytes.AsSpan(0, filled), position, source.Length);
    }

    public static async ValueTask<Stream> OpenAsync(IByteSource source, RecordingAttachment attachment, McapReaderOptions options, CancellationToken cancellationToken)
    {
        if (await TryReadHeadAsync(source, attachment.Position, cancellationToken).ConfigureAwait(false) is not { } head || head.Name != attachment.Name)
        {
            throw new RecordingFormatException("MESH10011", string.Create(CultureInfo.InvariantCulture,
                $"There is no attachment '{attachment.Name}' at byte {attachment.Position:N0} of '{source.Name}'. List the attachments again; if it is still named there, its index is wrong."));
        }

        if (options.CheckCrc && await FindDamageAsync(source, head, cancellationToken).ConfigureAwait(false) is { } damage)
        {
            throw new RecordingFormatException("MESH10011", string.Create(CultureInfo.InvariantCulture,
                $"Attachment '{attachment.Name}' at byte {attachment.Position:N0} of '{source.Name}' is damaged: {damage}. Read without checking checksums to get it as it is."));
        }

        return new SourceStream(source, head.DataPosition, head.DataLength);
    }

    /// <summary>What is wrong with an attachment's bytes; null when they match their CRC or there is none.</summary>
    public static async ValueTask<string?> FindDamageAsync(IByteSource source, Head head, CancellationToken cancellationToken)
    {
        // The CRC covers the fields before the bytes as well (specification, "Attachment").
        long at = head.Position + McapRecordLexer.PrefixBytes, end = head.DataPosition + head.DataLength;
        byte[] piece = SourceWindow.Rent((int)Math.Min(PieceBytes, Math.Max(sizeof(uint), end - at)));
        try
        {
            if (await source.ReadAtAsync(end, piece.AsMemory(0, sizeof(uint)), cancellationToken).ConfigureAwait(false) < sizeof(uint)) return "it has no checksum";
            uint expected = BitConverter.ToUInt32(piece);
            if (expected == 0) return null;
            uint actual = 0;
            while (at < end)
            {
                int read = await source.ReadAtAsync(at, piece.AsMemory(0, (int)Math.Min(piece.Length, end - at)), cancellationToken).ConfigureAwait(false);
                if (read == 0) return "the source ends within it";
                actual = Crc32.Append(actual, piece.AsSpan(0, read));
                at += read;
            }

            return actual == expected ? null : string.Create(CultureInfo.InvariantCulture, $"its CRC-32 is {actual:x8} instead of {expected:x8}");
        }
        finally
        {
            SourceWindow.Release(piece);
        }
    }

    private static Head? Parse(ReadOnlySpan<byte> record, long position, long sourceLength)
    {
        if (!McapRecordLexer.TryReadPrefix(record, out var opcode, out ulong length) || opcode != McapOpcode.Attachment
            || length > (ulong)(sourceLength - position - McapRecordLexer.PrefixBytes))
        {
            return null;
        }

        var fields = new McapFieldReader(record[McapRecordLexer.PrefixBytes..]);
        ulong logTime = fields.ReadUInt64(), createTime = fields.ReadUInt64();
        string name = fields.ReadString(), mediaType = fields.ReadString();
        ulong dataLength = fields.ReadUInt64();
        if (fields.Failed || length < (ulong)fields.Position + sizeof(uint) || dataLength > length - (ulong)fields.Position - sizeof(uint)) return null;
        return new Head(position, logTime, createTime, name, mediaType, position + McapRecordLexer.PrefixBytes + fields.Position, (long)dataLength);
    }

    /// <summary>An attachment without its bytes.</summary>
    /// <param name="Position">Byte position of the record.</param>
    /// <param name="LogTime">When it was recorded, nanoseconds.</param>
    /// <param name="CreateTime">When it was made, nanoseconds.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="MediaType">Its media type.</param>
    /// <param name="DataPosition">Byte position of its bytes.</param>
    /// <param name="DataLength">Number of its bytes.</param>
    internal sealed record Head(long Position, ulong LogTime, ulong CreateTime, string Name, string MediaType, long DataPosition, long DataLength);
}
