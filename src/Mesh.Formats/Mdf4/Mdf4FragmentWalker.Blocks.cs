using System.Buffers.Binary;
using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <content>Single data blocks, their damaged headers, and blocks that lists forgot.</content>
internal sealed partial class Mdf4FragmentWalker
{
    private const int ZipHeaderBytes = 48;
    private readonly byte[] zipHeader = new byte[ZipHeaderBytes];
    private bool broken;
    private bool trailing;
    private int salvaged;

    /// <param name="position">The block.</param>
    /// <param name="length">Bytes it should hold; -1 when unknown.</param>
    /// <param name="isLast">Whether the stream ends with it.</param>
    /// <param name="hasLength">Whether <paramref name="length"/> is exact, not only the usual.</param>
    private async ValueTask<Mdf4Fragment> OpenBlockAsync(long position, long length, bool isLast, bool hasLength, CancellationToken cancellationToken)
    {
        var (found, id, blockLength, links) = await blocks.ReadHeaderAsync(position, cancellationToken).ConfigureAwait(false);
        string wanted = $"a {Mdf4BlockId.Name(kind)} or '##DZ' block";
        if (!found) return Lost(position, Math.Max(0, length), length >= 0, wanted, $"a link beyond the file's {blocks.Length:N0} bytes");
        if (id == Mdf4BlockId.Zipped) return await OpenZippedAsync(position, blockLength, length, hasLength, cancellationToken).ConfigureAwait(false);

        DataLoss? problem = null;
        long end = blocks.Length;
        long bytes = blockLength - Mdf4Block.HeaderBytes;
        if (id != kind && !IsSibling(id))
        {
            // A header whose id alone is damaged is recognised by its length, which the list or the next block confirms.
            bool confirmed = bytes >= 0 && bytes <= end - position - Mdf4Block.HeaderBytes
                && ((hasLength && bytes == length) || await FollowedByBlockAsync(position + blockLength, cancellationToken).ConfigureAwait(false));
            if (Mdf4BlockId.IsBlock(id) || (!confirmed && !hasLength)) return Lost(position, Math.Max(0, length), length >= 0, wanted, Mdf4BlockId.Name(id));
            problem = new DataLoss(Mdf4Codes.BadHeader, position, 0, wanted, Mdf4BlockId.Name(id));
        }

        long room = end - position - Mdf4Block.HeaderBytes;
        if (isLast && header.Needs(Mdf4Header.LastDataLength))
        {
            // The length of the block being written is stale: it reaches to the next block or to the end.
            if (bytes < 0 || bytes > room || !await FollowedByBlockAsync(position + Mdf4Block.HeaderBytes + bytes, cancellationToken).ConfigureAwait(false)) bytes = room;
        }
        else if (hasLength && bytes != length && length <= room
            && await FollowedByBlockAsync(position + Mdf4Block.HeaderBytes + length, cancellationToken).ConfigureAwait(false)
            && (bytes < 0 || bytes > room || !await FollowedByBlockAsync(position + Mdf4Block.HeaderBytes + bytes, cancellationToken).ConfigureAwait(false)))
        {
            problem = new DataLoss(Mdf4Codes.BadHeader, position + 8, 0, $"a block of {length + Mdf4Block.HeaderBytes:N0} bytes", $"{blockLength:N0}");
            bytes = length;
        }
        else if (bytes < 0 || bytes > room)
        {
            long lost = hasLength && length > room ? length - room : bytes > 0 && (!hasLength || length < 0) ? bytes - room : 0;
            problem = new DataLoss(Mdf4Codes.Cut, end, Math.Max(0, lost), $"a block of {blockLength:N0} bytes from byte {position:N0}", $"the end of the file after {room:N0}");
            bytes = room;
        }

        var fragment = new Mdf4Fragment
        {
            Block = position, DataAt = position + Mdf4Block.HeaderBytes, StoredBytes = bytes, Bytes = bytes, Logical = logical, Zip = Mdf4Fragment.Plain, Problem = problem,
        };
        logical += bytes;
        return fragment;
    }

    /// <summary>DT and DV, RD and RV hold the same bytes; writers confuse them.</summary>
    private bool IsSibling(uint id) => kind is Mdf4BlockId.DataValues or Mdf4BlockId.Data && id is Mdf4BlockId.DataValues or Mdf4BlockId.Data;

    private async ValueTask<Mdf4Fragment> OpenZippedAsync(long position, long blockLength, long length, bool hasLength, CancellationToken cancellationToken)
    {
        int read = await blocks.ReadAsync(position, zipHeader, cancellationToken).ConfigureAwait(false);
        if (read < ZipHeaderBytes) return Lost(position, Math.Max(0, length), length >= 0, "a '##DZ' block", "the end of the file", Mdf4Codes.Cut);
        byte zip = zipHeader[26];
        long bytes = BinaryPrimitives.ReadInt64LittleEndian(zipHeader.AsSpan(32));
        long stored = BinaryPrimitives.ReadInt64LittleEndian(zipHeader.AsSpan(40));
        long room = blocks.Length - position - ZipHeaderBytes;
        DataLoss? problem = null;
        if (stored < 0 || stored > room || stored > Math.Max(0, blockLength - ZipHeaderBytes))
        {
            long fromHeader = blockLength - ZipHeaderBytes;
            bool cut = fromHeader < 0 || fromHeader > room;
            problem = cut
                ? new DataLoss(Mdf4Codes.Cut, blocks.Length, 0, $"a block of {blockLength:N0} bytes from byte {position:N0}", $"the end of the file after {room + ZipHeaderBytes:N0}")
                : new DataLoss(Mdf4Codes.BadHeader, position + 40, 0, $"at most {fromHeader:N0} compressed bytes", $"{stored:N0}");
            stored = cut ? room : fromHeader;
        }

        if (hasLength && length > 0 && bytes != length)
        {
            problem = new DataLoss(Mdf4Codes.BadHeader, position + 32, 0, $"{length:N0} bytes when decompressed", $"{bytes:N0}");
            bytes = length;
        }

        if (bytes < 0) return Lost(position, 0, false, "a length of the decompressed data", $"{bytes:N0}");
        var fragment = new Mdf4Fragment
        {
            Block = position, DataAt = position + ZipHeaderBytes, StoredBytes = stored, Bytes = bytes, Logical = logical, Zip = zip,
            ZipParameter = BinaryPrimitives.ReadUInt32LittleEndian(zipHeader.AsSpan(28)), Problem = problem,
        };
        logical = Math.Min(long.MaxValue - bytes, logical) + bytes;
        return fragment;
    }

    /// <summary>Whether the file ends at a place, or a block begins there.</summary>
    private async ValueTask<bool> FollowedByBlockAsync(long position, CancellationToken cancellationToken)
    {
        long aligned = (position + 7) & ~7L;
        if (position == blocks.Length || aligned == blocks.Length) return true;
        var (found, id, length, _) = await blocks.ReadHeaderAsync(aligned, cancellationToken).ConfigureAwait(false);
        return found && Mdf4BlockId.IsBlock(id) && length >= Mdf4Block.HeaderBytes;
    }

    /// <summary>
    /// Blocks of the stream that directly follow its last one without being linked: where a list broke off or was never filled, and only as
    /// long as one block of the right kind follows the other.
    /// </summary>
    private async ValueTask<Mdf4Fragment?> SalvageAsync(CancellationToken cancellationToken)
    {
        bool unfilled = header.Needs(Mdf4Header.LastDataList) || (trailing && header.Unfinished != 0);
        if (lastEnd == 0 || list is null && seen.Count == 0 || !(broken || unfilled)) return null;
        while (true)
        {
            long position = (lastEnd + 7) & ~7L;
            if (seen.Contains(position)) return null;
            var (found, id, length, _) = await blocks.ReadHeaderAsync(position, cancellationToken).ConfigureAwait(false);
            if (!found || length < Mdf4Block.HeaderBytes) return null;
            if (id == Mdf4BlockId.DataList && position <= blocks.Length - length)
            {
                lastEnd = position + length;
                continue;
            }

            bool same = id == kind;
            if (id == Mdf4BlockId.Zipped && await blocks.ReadAsync(position, zipHeader, cancellationToken).ConfigureAwait(false) == ZipHeaderBytes)
            {
                same = (BinaryPrimitives.ReadUInt16LittleEndian(zipHeader.AsSpan(24)) ^ (kind >> 16)) == 0;
            }

            if (!same || !seen.Add(position)) return null;
            var fragment = await OpenBlockAsync(position, -1, isLast: false, hasLength: false, cancellationToken).ConfigureAwait(false);
            if (fragment.IsLost) return null;
            lastEnd = fragment.DataAt + fragment.StoredBytes;
            return salvaged++ > 0 || unfilled ? fragment : fragment with
            {
                Problem = fragment.Problem ?? new DataLoss(Mdf4Codes.Salvaged, position, 0, "a list that leads to this block", "none; it follows the last one of its group"),
            };
        }
    }
}
