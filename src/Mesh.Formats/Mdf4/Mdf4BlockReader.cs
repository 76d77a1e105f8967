using System.Buffers.Binary;
using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Reads blocks anywhere in the file through a small cache of pages, so that the many little blocks of the definitions cost few reads.
/// </summary>
internal sealed class Mdf4BlockReader(IByteSource source, Mdf4Losses losses, long maxDefinitionBytes)
{
    private const int PageBytes = 64 << 10;
    private const int Slots = 64;
    private const int LargestContent = 64 << 20;

    private readonly byte[]?[] pages = new byte[Slots][];
    private readonly long[] pageNumbers = new long[Slots];
    private readonly byte[] header = new byte[Mdf4Block.HeaderBytes];
    private long definitionBytes;

    public long Length => source.Length;

    public Mdf4Losses Losses => losses;

    /// <summary>Whether definitions grew beyond the limit; then no more are read.</summary>
    public bool Exhausted { get; private set; }

    /// <summary>Reads bytes at a place; fewer only at the end of the file. Not to be called concurrently.</summary>
    public ValueTask<int> ReadAsync(long position, Memory<byte> target, CancellationToken cancellationToken)
    {
        if (position < 0 || position >= source.Length) return new(0);
        if (target.Length >= PageBytes) return source.ReadAtAsync(position, target, cancellationToken);
        int offset = (int)(position % PageBytes);
        int slot = (int)(position / PageBytes % Slots);
        byte[]? page = pages[slot];
        if (page is null || pageNumbers[slot] != position / PageBytes || page.Length - offset < target.Length) return ReadSlowAsync(position, target, cancellationToken);
        page.AsSpan(offset, target.Length).CopyTo(target.Span);
        return new(target.Length);
    }

    /// <summary>Reads a block header; false when the file ends before.</summary>
    public async ValueTask<(bool Found, uint Id, long Length, long Links)> ReadHeaderAsync(long position, CancellationToken cancellationToken)
    {
        if (position < 64 || position > source.Length - Mdf4Block.HeaderBytes) return default;
        if (await ReadAsync(position, header, cancellationToken).ConfigureAwait(false) < header.Length) return default;
        return (true, BinaryPrimitives.ReadUInt32LittleEndian(header), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8)),
            BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16)));
    }

    /// <summary>An integer of eight bytes; null beyond the end.</summary>
    public async ValueTask<long?> ReadInt64Async(long position, CancellationToken cancellationToken)
    {
        byte[] scratch = header;
        return await ReadAsync(position, scratch.AsMemory(0, 8), cancellationToken).ConfigureAwait(false) == 8
            ? BinaryPrimitives.ReadInt64LittleEndian(scratch)
            : null;
    }

    /// <summary>Reads the block of a kind that a link points to; null, and a loss, when there is none. A NIL link is no loss.</summary>
    public ValueTask<Mdf4Block?> ReadAsync(long position, uint expected, CancellationToken cancellationToken, int maxContent = LargestContent) =>
        ReadAsync(position, expected, expected, cancellationToken, maxContent);

    /// <summary>Reads the block of one of two kinds.</summary>
    public async ValueTask<Mdf4Block?> ReadAsync(long position, uint expected, uint other, CancellationToken cancellationToken, int maxContent = LargestContent)
    {
        if (position == 0 || Exhausted) return null;
        string wanted = expected == other ? $"a {Mdf4BlockId.Name(expected)} block" : $"a {Mdf4BlockId.Name(expected)} or {Mdf4BlockId.Name(other)} block";
        var (found, id, length, links) = await ReadHeaderAsync(position, cancellationToken).ConfigureAwait(false);
        if (!found)
        {
            losses.Report(Mdf4Codes.BadLink, Math.Max(position, 0), 0, wanted, $"a link beyond the file's {source.Length:N0} bytes");
            return null;
        }

        bool shaped = length >= Mdf4Block.HeaderBytes && links >= 0 && links <= (length - Mdf4Block.HeaderBytes) / 8 && position <= source.Length - length;
        if (id != expected && id != other)
        {
            // One damaged byte in the id of a block that is otherwise what it must be does not hide it.
            uint meant = DiffersInOneByte(id, expected) ? expected : DiffersInOneByte(id, other) ? other : 0;
            if (meant == 0 || !shaped || Mdf4BlockId.IsBlock(id))
            {
                losses.Report(Mdf4Codes.BadLink, position, 0, wanted, Mdf4BlockId.Name(id));
                return null;
            }

            losses.Report(Mdf4Codes.BadHeader, position, 0, wanted, Mdf4BlockId.Name(id));
            id = meant;
        }

        long available = Math.Min(length, source.Length - position) - Mdf4Block.HeaderBytes;
        if (!shaped)
        {
            losses.Report(
                Mdf4Codes.Cut, position, Math.Max(0, length - (source.Length - position)), $"{wanted} with its {links:N0} links within the file",
                $"a length of {length:N0}, {source.Length - position:N0} bytes before the end");
            if (available < 8 || links < 0 || links > available / 8) return null;
        }

        int size = (int)Math.Min(available, maxContent);
        definitionBytes += size;
        if (definitionBytes > maxDefinitionBytes)
        {
            Exhausted = true;
            losses.Report(
                Mdf4Codes.DefinitionLimit, position, 0, $"definitions of at most {maxDefinitionBytes:N0} bytes (MaxDefinitionBytes)", "more; the rest of them is left out");
            return null;
        }

        byte[] content = new byte[size];
        int read = await ReadAsync(position + Mdf4Block.HeaderBytes, content, cancellationToken).ConfigureAwait(false);
        return new Mdf4Block(position, id, length, (int)Math.Min(links, size / 8), read == size ? content : content[..read]);
    }

    private static bool DiffersInOneByte(uint id, uint expected)
    {
        uint difference = id ^ expected;
        return (difference & 0xFFFFFF00) == 0 || (difference & 0xFFFF00FF) == 0 || (difference & 0xFF00FFFF) == 0 || (difference & 0x00FFFFFF) == 0;
    }

    private async ValueTask<int> ReadSlowAsync(long position, Memory<byte> target, CancellationToken cancellationToken)
    {
        int total = 0;
        while (total < target.Length && position < source.Length)
        {
            long number = position / PageBytes;
            int slot = (int)(number % Slots);
            byte[]? page = pages[slot];
            if (page is null || pageNumbers[slot] != number)
            {
                int size = (int)Math.Min(PageBytes, source.Length - (number * PageBytes));
                if (page?.Length != size) page = new byte[size];
                pages[slot] = null;
                int read = await source.ReadAtAsync(number * PageBytes, page, cancellationToken).ConfigureAwait(false);
                if (read < size) page = page[..read];
                pages[slot] = page;
                pageNumbers[slot] = number;
            }

            int offset = (int)(position % PageBytes);
            int count = Math.Min(target.Length - total, page.Length - offset);
            if (count <= 0) break;
            page.AsSpan(offset, count).CopyTo(target.Span[total..]);
            total += count;
            position += count;
        }

        return total;
    }
}
