namespace Mesh.Formats.Mdf3;

/// <content>Search for groups that a broken chain no longer leads to.</content>
internal sealed partial class Mdf3Definitions
{
    /// <summary>Looks at every byte for a DG block whose links make sense.</summary>
    private async ValueTask SearchAsync(CancellationToken cancellationToken)
    {
        const int StepBytes = 32 << 10;

        // Each candidate costs up to three reads, and a hostile file can hold nothing else.
        const int MaxCandidates = 10_000;
        long found = 0;
        int candidates = 0;
        for (long position = Mdf3Header.IdBytes; position < blocks.FileBytes && candidates < MaxCandidates; position += StepBytes)
        {
            var page = await blocks.PeekAsync(position, StepBytes + 1, cancellationToken).ConfigureAwait(false);
            for (int at = 0; at < Math.Min(page.Length - 1, StepBytes) && candidates < MaxCandidates; at++)
            {
                int next = page.Span[at..].IndexOf("DG"u8);
                if (next < 0) break;
                at += next;
                long candidate = position + at;
                if (seen.Contains(candidate)) continue;
                candidates++;
                bool isGroup = await IsDataGroupAsync(candidate, cancellationToken).ConfigureAwait(false);
                if (isGroup && await ReadDataGroupsAsync(candidate, cancellationToken).ConfigureAwait(false)) found++;
                page = await blocks.PeekAsync(position, StepBytes + 1, cancellationToken).ConfigureAwait(false);
            }
        }

        if (found > 0) blocks.Report(Mdf3Codes.Salvaged, 0, "data groups in one chain", $"{found} that were found by searching; their order may differ");
    }

    private async ValueTask<bool> IsDataGroupAsync(long position, CancellationToken cancellationToken)
    {
        var block = await blocks.TryReadAsync(position, "DG", 24, report: false, cancellationToken).ConfigureAwait(false);
        if (block is null || block.Length is not (24 or 28) || block.UInt16(20) == 0 || block.UInt16(22) > 2) return false;
        if (block.UInt32(16) > blocks.FileBytes || seen.Contains(block.UInt32(8))) return false;
        var group = await blocks.TryReadAsync(block.UInt32(8), "CG", 26, report: false, cancellationToken).ConfigureAwait(false);
        return group is not null && group.Length is 26 or 30
            && await blocks.TryReadAsync(group.UInt32(8), "CN", 218, report: false, cancellationToken).ConfigureAwait(false) is not null;
    }
}
