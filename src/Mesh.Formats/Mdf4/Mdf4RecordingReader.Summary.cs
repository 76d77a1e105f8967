using System.Security.Cryptography;
using Mesh.Columnar.Compression;
using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <content>Summary and attachments.</content>
public sealed partial class Mdf4RecordingReader
{
    private const string NoAttachment = "MESH10011";

    /// <inheritdoc/>
    public override async ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var metadata = new Mdf4Metadata(blocks, header, definitions);
        await metadata.ReadAsync(cancellationToken).ConfigureAwait(false);
        var counts = new List<ChannelSummary>(channels.Count);
        long? total = 0;
        foreach (var group in definitions.Groups)
        {
            if (group.ChannelIndex < 0) continue;
            long? count = await CountAsync(group, cancellationToken).ConfigureAwait(false);
            counts.Add(new ChannelSummary(channels[group.ChannelIndex], count));
            total = total is { } sum && count is { } more && more <= long.MaxValue - sum ? sum + more : null;
        }

        return new RecordingSummary
        {
            Version = header.Version, Messages = total, StartTimeNs = header.StartNs > 0 ? header.StartNs : null, Channels = counts, Attachments = metadata.Attachments,
            Events = metadata.Events, Metadata = metadata.Groups,
        };
    }

    /// <inheritdoc/>
    public override async ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken)
    {
        const int Embedded = 1, Compressed = 2, HasMd5 = 4;
        const int DataAt = 40;
        var block = attachment.Position > 0 ? await blocks.ReadAsync(attachment.Position, Mdf4BlockId.Attachment, cancellationToken, 4096).ConfigureAwait(false) : null;
        if (block is null) throw Missing(attachment, "no attachment block lies where it should");
        int flags = block.UInt16(0);
        long size = block.Int64(24), stored = block.Int64(32);
        byte[]? md5 = (flags & HasMd5) != 0 && block.Data.Length >= DataAt ? block.Data.Slice(8, 16).ToArray() : null;
        if ((flags & Embedded) == 0) return await OpenExternalAsync(attachment, md5, cancellationToken).ConfigureAwait(false);
        long at = block.DataAt + DataAt;
        if (stored < 0 || size < 0 || stored > source.Length - at) throw Missing(attachment, $"{stored:N0} bytes from byte {at:N0} reach beyond the end of the file");
        if ((flags & Compressed) == 0)
        {
            await CheckAsync(attachment, source, at, Math.Min(stored, size), md5, cancellationToken).ConfigureAwait(false);
            return new Mdf4SourceStream(source, at, Math.Min(stored, size), ownsSource: false);
        }

        if (size > options.MaxBlockBytes || stored > options.MaxBlockBytes || size > (stored * 1040) + 64) throw Missing(attachment, $"it claims {size:N0} bytes in {stored:N0} compressed ones");
        byte[] packed = new byte[stored];
        int read = await blocks.ReadAsync(at, packed, cancellationToken).ConfigureAwait(false);
        byte[] bytes = new byte[size];
        if (!Deflate.TryDecompress(packed.AsSpan(0, read), bytes, out int written) || written != size) throw Missing(attachment, "its compressed bytes are damaged");
        await CheckAsync(attachment, new MemoryByteSource(bytes), 0, size, md5, cancellationToken).ConfigureAwait(false);
        return new MemoryStream(bytes, writable: false);
    }

    private async ValueTask<Stream> OpenExternalAsync(RecordingAttachment attachment, byte[]? md5, CancellationToken cancellationToken)
    {
        // Only the last part of the recorded path: what a file says must not reach outside its folder.
        string name = attachment.Name.AsSpan()[(attachment.Name.AsSpan().LastIndexOfAny('/', '\\') + 1)..].ToString();
        var file = options.Folder is null || name.Length == 0 || name is "." or ".." ? null : await options.Folder.TryOpenAsync(name, cancellationToken).ConfigureAwait(false);
        if (file is null) throw Missing(attachment, "it is kept in a file of its own, which is not beside the recording");
        try
        {
            await CheckAsync(attachment, file, 0, file.Length, md5, cancellationToken).ConfigureAwait(false);
            return new Mdf4SourceStream(file, 0, file.Length, ownsSource: true);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask CheckAsync(RecordingAttachment attachment, IByteSource bytes, long at, long length, byte[]? md5, CancellationToken cancellationToken)
    {
        if (md5 is null || !options.CheckCrc) return;
#pragma warning disable CA5351 // The format prescribes MD5; it guards against damage, not against people.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        byte[] buffer = new byte[(int)Math.Min(1 << 20, Math.Max(1, length))];
        for (long done = 0; done < length;)
        {
            int read = await bytes.ReadAtAsync(at + done, buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - done)), cancellationToken).ConfigureAwait(false);
            if (read == 0) break;
            hash.AppendData(buffer, 0, read);
            done += read;
        }

        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(md5)) throw Missing(attachment, "its MD5 checksum is wrong");
    }

    private static RecordingFormatException Missing(RecordingAttachment attachment, string why) =>
        new(NoAttachment, $"Attachment '{attachment.Name}' cannot be read: {why}.");

    /// <summary>Records of a group by its cycle counter, where the lengths of the data bear it out; null when only reading tells.</summary>
    private async ValueTask<long?> CountAsync(Mdf4ChannelGroup group, CancellationToken cancellationToken)
    {
        if (header.Needs(Mdf4Header.CycleCounters)) return null;
        if (group.DataGroup.DataLink == 0) return group.CycleCount == 0 || group.RecordBytes == 0 ? group.CycleCount : null;
        if (group.DataGroup.RecordIdBytes > 0) return group.CycleCount;
        long link = group.DataGroup.DataLink;
        bool columns = await IsColumnStorageAsync(link, cancellationToken).ConfigureAwait(false);
        int stride = columns ? group.DataBytes : group.RecordBytes;
        if (stride == 0 || group.CycleCount == 0) return group.CycleCount;
        var (found, id, length, links) = await blocks.ReadHeaderAsync(link, cancellationToken).ConfigureAwait(false);
        if (found && id == Mdf4BlockId.HeaderList && links > 0)
        {
            link = await blocks.ReadInt64Async(link + Mdf4Block.HeaderBytes, cancellationToken).ConfigureAwait(false) ?? 0;
            (found, id, length, links) = await blocks.ReadHeaderAsync(link, cancellationToken).ConfigureAwait(false);
        }

        if (!found || links < 0 || length < Mdf4Block.HeaderBytes) return null;
        if (id is Mdf4BlockId.DataList or Mdf4BlockId.ListData)
        {
            // Lists are taken at their word, as long as their last block is there: opening a file must not mean visiting every block of it.
            long last = links < 2 ? 0 : await blocks.ReadInt64Async(link + Mdf4Block.HeaderBytes + (8 * (links - 1)), cancellationToken).ConfigureAwait(false) ?? 0;
            return last >= 0 && last <= source.Length - Mdf4Block.HeaderBytes ? group.CycleCount : null;
        }

        var walker = new Mdf4FragmentWalker(blocks, header, columns ? Mdf4BlockId.DataValues : Mdf4BlockId.Data, link, -1, columns ? stride : 1);
        return await walker.NextAsync(cancellationToken).ConfigureAwait(false) is { Problem: null } only && only.Bytes / stride >= group.CycleCount ? group.CycleCount : null;
    }
}
