using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar.Compression;
using Mesh.Formats.Mdf4.Writing;

namespace Mesh.Formats.Mdf4;

public sealed partial class Mdf4RecordingWriter
{
    // Identification block (specification 4.1, "IDBLOCK").
    private const int IdBytes = 64;
    private const int IdVersionText = 8;
    private const int IdVersion = 28;
    private const int IdUnfinalisedFlags = 60;

    // Links of the header block.
    private const int FirstGroupLink = 0;
    private const int FirstAttachmentLink = 3;
    private const int CommentLink = 5;
    private const int HeaderLinks = 6;

    /// <summary>Adds a file: embedded, compressed when that makes it smaller, with its MD5 sum.</summary>
    public override async ValueTask<bool> WriteAttachmentAsync(RecordingAttachment attachment, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        AddAttachment(attachment, content.Span);
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Adds key-value pairs: properties in the header's comment, written at the end.</summary>
    public override ValueTask<bool> WriteMetadataAsync(RecordingMetadata metadata, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        this.metadata.Add(metadata);
        return new ValueTask<bool>(true);
    }

    /// <summary>Writes what is left, the record counts and the header, and marks the file finalised.</summary>
    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        for (int i = 0; i < groups.Count; i++)
        {
            if (!groups[i].IsOpen) OpenEmpty(i);
            await groups[i].FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await file.DrainAsync(cancellationToken).ConfigureAwait(false);
        CompleteGroups();
        if (metadata.Count > 0) file.PatchLink(headerPosition, CommentLink, file.AddXml(Mdf4CommentXml.Header(metadata)));
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);

        // Last of all: until here a reader knows that record counts may be wrong.
        file.Patch(0, "MDF     "u8);
        file.Patch(IdUnfinalisedFlags, [0, 0]);
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        completed = true;
    }

    /// <summary>Releases the buffers. A file that was not completed stays marked unfinalised; blocks being filled are not in it.</summary>
    public override async ValueTask DisposeAsync()
    {
        completed = true;
        await file.DisposeAsync().ConfigureAwait(false);
        foreach (var group in groups) group.Release();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void OpenEmpty(int index)
    {
        if (plans[index] is { } plan) Open(groups[index], plan, null, []);
        else Open(groups[index], columns[index].Layout);
    }

    /// <summary>Record counts, and the chain of groups, which follows the order of first records until now, in the order they were added.</summary>
    private void CompleteGroups()
    {
        long link = headerPosition + Mdf4BlockFile.HeaderBytes + (FirstGroupLink * 8);
        foreach (var group in groups)
        {
            file.Patch(link, (ulong)group.Addresses.DataGroup);
            link = group.Addresses.NextLink;
            group.Complete();
        }

        if (groups.Count > 0) file.Patch(link, 0);
    }

    private void WriteHead()
    {
        Span<byte> id = stackalloc byte[IdBytes];
        id.Clear();
        "UnFinMF 4.10    mesh    "u8.CopyTo(id);
        BinaryPrimitives.WriteUInt16LittleEndian(id[IdVersion..], 410);

        // Bit 0: record counts have to be updated. Everything else is kept valid while writing.
        id[IdUnfinalisedFlags] = 1;
        file.AddRaw(id);

        headerPosition = file.Add("HD", new long[HeaderLinks], stackalloc byte[32]);
        lastGroupLink = headerPosition + Mdf4BlockFile.HeaderBytes + (FirstGroupLink * 8);
        lastAttachmentLink = headerPosition + Mdf4BlockFile.HeaderBytes + (FirstAttachmentLink * 8);

        Span<byte> history = stackalloc byte[16];
        history.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(history, historyTimeNs);
        long comment = file.AddXml(Mdf4CommentXml.FileHistory(Options.ToolVersion));
        file.PatchLink(headerPosition, 1, file.Add("FH", [0, comment], history));
    }

    private void SetStart(long ns)
    {
        startNs = ns;
        file.Patch(headerPosition + Mdf4BlockFile.HeaderBytes + (HeaderLinks * 8), (ulong)ns);
    }

    private void SetVersion420()
    {
        if (is420) return;
        is420 = true;
        file.Patch(IdVersionText, "4.20    "u8);
        Span<byte> number = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(number, 420);
        file.Patch(IdVersion, number);
    }

    private void AddAttachment(RecordingAttachment attachment, ReadOnlySpan<byte> content)
    {
        const int Fields = 40;
        const int Embedded = 1;
        const int Compressed = 2;
        const int HasMd5 = 4;
        byte[] data = new byte[Fields + content.Length];
        content.CopyTo(data.AsSpan(Fields));
        int flags = Embedded | HasMd5;
        int stored = content.Length;
        if (Options.Compression != Mdf4Compression.None && content.Length > 0)
        {
            byte[] packed = new byte[Deflate.MaxCompressedLength(content.Length)];
            int length = Deflate.Compress(content, packed, Options.CompressionLevel);
            if (length < content.Length)
            {
                packed.AsSpan(0, length).CopyTo(data.AsSpan(Fields));
                stored = length;
                flags |= Compressed;
            }
        }

        BinaryPrimitives.WriteUInt16LittleEndian(data, (ushort)flags);
#pragma warning disable CA5351 // The format prescribes MD5.
        MD5.HashData(content, data.AsSpan(8, 16));
#pragma warning restore CA5351
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(24), content.Length);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(32), stored);
        long name = file.AddText(attachment.Name);
        long mediaType = file.AddText(attachment.MediaType);
        long comment = file.AddText(attachment.Comment);
        long position = file.Add("AT", [0, name, mediaType, comment], data.AsSpan(0, Fields + stored));
        file.Patch(lastAttachmentLink, (ulong)position);
        lastAttachmentLink = position + Mdf4BlockFile.HeaderBytes;
    }
}
