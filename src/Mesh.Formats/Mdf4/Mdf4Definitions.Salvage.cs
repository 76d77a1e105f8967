using System.Buffers.Binary;

namespace Mesh.Formats.Mdf4;

/// <content>Data groups that a broken chain no longer leads to.</content>
internal sealed partial class Mdf4Definitions
{
    private const int ScanBytes = 1 << 20;
    private const int DataGroupBytes = 64;

    /// <summary>Looks for DG blocks in the whole file: 64 bytes, 4 links, the second to a CG block.</summary>
    private async ValueTask SalvageDataGroupsAsync(CancellationToken cancellationToken)
    {
        byte[] window = new byte[ScanBytes];
        int found = 0;
        for (long at = 64; at < blocks.Length && !blocks.Exhausted; at += ScanBytes - DataGroupBytes)
        {
            int filled = await blocks.ReadAsync(at, window, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i + DataGroupBytes <= filled && i < ScanBytes - DataGroupBytes; i += 8)
            {
                var bytes = window.AsSpan(i, DataGroupBytes);
                if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mdf4BlockId.DataGroup || BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) != DataGroupBytes
                    || BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]) != 4 || dataGroupsSeen.Contains(at + i))
                {
                    continue;
                }

                var (exists, id, _, _) = await blocks.ReadHeaderAsync(BinaryPrimitives.ReadInt64LittleEndian(window.AsSpan(i + 32)), cancellationToken).ConfigureAwait(false);
                if (!exists || id != Mdf4BlockId.ChannelGroup) continue;
                dataGroupsSeen.Add(at + i);
                var block = await blocks.ReadAsync(at + i, Mdf4BlockId.DataGroup, cancellationToken).ConfigureAwait(false);
                if (block is null) return;
                await ReadDataGroupAsync(block, cancellationToken).ConfigureAwait(false);
                found++;
            }

            if (filled < window.Length) break;
        }

        if (found > 0) blocks.Losses.Report(Mdf4Codes.Salvaged, 64, 0, "every data group in the chain of the header", $"{found} data groups found by searching the file");
    }
}
