using System.Buffers.Binary;
using Mesh.Model;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>
/// Reads encapsulated messages (Arrow columnar format, "Encapsulated message format"): one after the other, or in the order that a file's footer
/// says, which may name dictionaries that come behind the batches that need them.
/// </summary>
internal sealed class ArrowMessageReader(IByteSource source, long maxBodyBytes)
{
    private const int MaxMetadataBytes = 256 << 20;
    private const int TailBytes = sizeof(int) + 6;

    // What is allocated for a claim before any of its bytes have come.
    private const int TrustedBytes = 1 << 20;

    private readonly Queue<long> blocks = [];
    private bool hasBlocks;
    private long position;

    /// <summary>Begins: finds out which form it is.</summary>
    /// <returns>The schema of the footer, when there is a sound footer; otherwise the first message holds it.</returns>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public async ValueTask<FlatTable?> BeginAsync(CancellationToken cancellationToken)
    {
        byte[] magic = new byte[8];
        if (source is ForwardByteSource) return null;
        int read = await source.ReadAtAsync(0, magic, cancellationToken).ConfigureAwait(false);
        if (!magic.AsSpan(0, read).StartsWith(ArrowFormat.Magic)) return null;
        position = magic.Length;
        return await ReadFooterAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next message; null at the end.</summary>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public async ValueTask<ArrowMessage?> NextAsync(CancellationToken cancellationToken)
    {
        if (hasBlocks)
        {
            if (!blocks.TryDequeue(out position)) return null;
        }

        byte[] word = new byte[sizeof(int)];
        long start = position;
        int read = await source.ReadAtAsync(position, word, cancellationToken).ConfigureAwait(false);
        if (read == 0) return null;
        if (position == 0 && word.AsSpan().SequenceEqual(ArrowFormat.Magic[..sizeof(int)])) return await SkipMagicAsync(cancellationToken).ConfigureAwait(false);
        position += sizeof(int);
        int length = BinaryPrimitives.ReadInt32LittleEndian(word);
        if (read == sizeof(int) && length == ArrowFormat.Continuation)
        {
            // Before version 0.15 there was no continuation mark.
            read = await source.ReadAtAsync(position, word, cancellationToken).ConfigureAwait(false);
            length = BinaryPrimitives.ReadInt32LittleEndian(word);
            position += sizeof(int);
        }

        if (read < sizeof(int)) throw new InvalidDataException($"it breaks off in a message at byte {start:N0}");
        if (length == 0) return null;
        if (length < 0 || length > MaxMetadataBytes || length > source.Length - position) throw new InvalidDataException($"a message at byte {start:N0} claims {length:N0} bytes of metadata");
        var message = FlatTable.Root(await ReadBytesAsync(length, cancellationToken).ConfigureAwait(false));
        long bodyBytes = message.GetInt64(3);
        if (bodyBytes < 0 || bodyBytes > source.Length - position || bodyBytes > Math.Min(maxBodyBytes, ByteBudget.MaxBufferBytes)) throw new InvalidDataException($"a message at byte {start:N0} claims a body of {bodyBytes:N0} bytes");
        var header = message.GetTable(2) ?? throw new InvalidDataException("a message has no header");
        return new ArrowMessage(message.GetByte(1), header, message.GetTables(4), await ReadBytesAsync((int)bodyBytes, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A file that comes as a stream: its messages come in order as well.</summary>
    private async ValueTask<ArrowMessage?> SkipMagicAsync(CancellationToken cancellationToken)
    {
        await source.ReadAtAsync(sizeof(int), new byte[sizeof(int)], cancellationToken).ConfigureAwait(false);
        position = 2 * sizeof(int);
        return await NextAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<byte[]> ReadBytesAsync(int count, CancellationToken cancellationToken)
    {
        // Where the length of the source is known, the claim has been held against it.
        byte[] bytes = new byte[source is ForwardByteSource ? Math.Min(count, TrustedBytes) : count];
        int used = 0;
        while (true)
        {
            int read = await source.ReadAtAsync(position, bytes.AsMemory(used), cancellationToken).ConfigureAwait(false);
            position += read;
            used += read;
            if (used < bytes.Length) throw new InvalidDataException($"it breaks off at byte {position:N0}");
            if (used == count) return bytes;
            Array.Resize(ref bytes, (int)Math.Min(count, 2L * bytes.Length));
        }
    }

    /// <summary>The schema of the footer; null when the file has no sound one: it was cut off.</summary>
    private async ValueTask<FlatTable?> ReadFooterAsync(CancellationToken cancellationToken)
    {
        byte[] tail = new byte[TailBytes];
        if (source.Length < position + TailBytes) return null;
        await source.ReadAtAsync(source.Length - TailBytes, tail, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (!tail.AsSpan(sizeof(int)).SequenceEqual(ArrowFormat.Magic) || length <= 0 || length > MaxMetadataBytes || length > source.Length - TailBytes - position) return null;

        byte[] bytes = new byte[length];
        await source.ReadAtAsync(source.Length - TailBytes - length, bytes, cancellationToken).ConfigureAwait(false);
        try
        {
            var footer = FlatTable.Root(bytes);
            var schema = footer.GetTable(1);
            List<long> offsets = [.. Offsets(footer.GetStructs(2, ArrowFormat.BlockBytes)), .. Offsets(footer.GetStructs(3, ArrowFormat.BlockBytes))];
            if (schema is null || offsets.Exists(offset => offset < position || offset >= source.Length - TailBytes)) return schema;
            hasBlocks = true;
            foreach (long offset in offsets) blocks.Enqueue(offset);
            return schema;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static long[] Offsets(ReadOnlyMemory<byte> blocks)
    {
        long[] offsets = new long[blocks.Length / ArrowFormat.BlockBytes];
        for (int i = 0; i < offsets.Length; i++) offsets[i] = BinaryPrimitives.ReadInt64LittleEndian(blocks.Span[(i * ArrowFormat.BlockBytes)..]);
        return offsets;
    }
}
