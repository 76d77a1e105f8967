using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Formats.Mdf;
using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>Examines the structure of MDF 4 files: reads everything, and looks at what readers are known to stumble over.</summary>
internal static class Mdf4Doctor
{
    private const string Unfinished = "MESH10230";
    private const string Alignment = "MESH10231";
    private const string Order = "MESH10232";
    private const string Structure = "MESH10233";
    private const string Summary = "MESH10234";

    /// <summary>Examines a recording.</summary>
    /// <param name="source">The recording; not disposed.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        var findings = new List<RecordingFinding>();
        Mdf4RecordingReader reader;
        try
        {
            reader = await Mdf4RecordingReader.OpenMdfAsync(new BorrowedSource(source), options with { Query = RecordingQuery.All }, cancellationToken).ConfigureAwait(false);
        }
        catch (RecordingFormatException exception)
        {
            return [new RecordingFinding(FindingSeverity.Error, exception.Code, null, exception.Message)];
        }

        await using (reader.ConfigureAwait(false))
        {
            ExamineHeader(reader, findings);
            foreach (var group in reader.Definitions.DataGroups) await ExamineDataAsync(reader, group, findings, cancellationToken).ConfigureAwait(false);
            foreach (var group in reader.Definitions.Groups) ExamineGroup(group, findings);
            await ExamineSummaryAsync(reader, findings, cancellationToken).ConfigureAwait(false);
            await ExamineRecordsAsync(reader, findings, cancellationToken).ConfigureAwait(false);
            foreach (var loss in reader.Losses)
            {
                string lost = loss.Bytes > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {loss.Bytes:N0} bytes are lost") : "";
                findings.Add(new RecordingFinding(FindingSeverity.Error, loss.Code, loss.Offset, $"expected {loss.Expected}, found {loss.Found}{lost}."));
            }
        }

        findings.Sort((a, b) => (a.Offset ?? -1).CompareTo(b.Offset ?? -1));
        return findings;
    }

    private static void ExamineHeader(Mdf4RecordingReader reader, List<RecordingFinding> findings)
    {
        var header = reader.Header;
        if (header.Unfinished != 0)
        {
            findings.Add(new RecordingFinding(
                FindingSeverity.Warning, Unfinished, 60, $"The file was not finalised (flags 0x{header.Unfinished:x}); it is repaired while it is read, other readers may give less."));
        }

        if (header.CustomUnfinished != 0)
        {
            findings.Add(new RecordingFinding(
                FindingSeverity.Warning, Unfinished, 62, $"The writing program '{header.Program}' left steps undone that only it knows (flags 0x{header.CustomUnfinished:x})."));
        }

        if (header.Block is { } block && block.Link(1) == 0)
        {
            findings.Add(new RecordingFinding(FindingSeverity.Error, Structure, block.Position, "There is no file history; the specification requires one entry."));
        }

        if (header.IsLocalTime) findings.Add(new RecordingFinding(FindingSeverity.Note, Structure, 64, "The start time is in local time of an unknown zone; times are given as if it were UTC."));
    }

    private static async ValueTask ExamineDataAsync(Mdf4RecordingReader reader, Mdf4DataGroup group, List<RecordingFinding> findings, CancellationToken cancellationToken)
    {
        if (group.Position % 8 != 0) findings.Add(new RecordingFinding(FindingSeverity.Error, Alignment, group.Position, "A block does not begin at a multiple of eight bytes."));
        if (group.DataLink == 0) return;
        var (found, id, _, links) = await reader.Blocks.ReadHeaderAsync(group.DataLink, cancellationToken).ConfigureAwait(false);
        if (!found || id is not (Mdf4BlockId.DataList or Mdf4BlockId.ListData) || links < 2) return;
        long first = await reader.Blocks.ReadInt64Async(group.DataLink + Mdf4Block.HeaderBytes + 8, cancellationToken).ConfigureAwait(false) ?? 0;
        if (id == Mdf4BlockId.DataList && (await reader.Blocks.ReadHeaderAsync(first, cancellationToken).ConfigureAwait(false)).Id == Mdf4BlockId.Zipped)
        {
            findings.Add(new RecordingFinding(FindingSeverity.Warning, Structure, group.DataLink, "Compressed blocks are listed without the '##HL' block that the specification requires; some readers refuse that."));
        }
    }

    private static void ExamineGroup(Mdf4ChannelGroup group, List<RecordingFinding> findings)
    {
        if (group.Position % 8 != 0) findings.Add(new RecordingFinding(FindingSeverity.Error, Alignment, group.Position, "A block does not begin at a multiple of eight bytes."));
        if (group.IsVariableLength) return;
        if (group.Channels.Count == 0) findings.Add(new RecordingFinding(FindingSeverity.Warning, Structure, group.Position, $"Group '{group.Name}' has no channel that can be read."));
        if (group.Master < 0 && group.MasterLink == 0)
        {
            findings.Add(new RecordingFinding(FindingSeverity.Note, Structure, group.Position, $"Group '{group.Name}' has no master; its records get the start time."));
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var channel in group.Channels)
        {
            if (names.Add(channel.Name)) continue;
            findings.Add(new RecordingFinding(FindingSeverity.Warning, Structure, group.Position, $"Group '{group.Name}' has several channels named '{channel.Name}'."));
            break;
        }

        if (group.ReductionLink != 0) findings.Add(new RecordingFinding(FindingSeverity.Note, Structure, group.Position, $"Group '{group.Name}' has reduced copies of its data, which are not read."));
    }

    private static async ValueTask ExamineSummaryAsync(Mdf4RecordingReader reader, List<RecordingFinding> findings, CancellationToken cancellationToken)
    {
        var summary = await reader.ReadSummaryAsync(cancellationToken).ConfigureAwait(false);
        foreach (var attachment in summary!.Attachments)
        {
            try
            {
                await using var _ = (await reader.OpenAttachmentAsync(attachment, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (RecordingFormatException exception)
            {
                findings.Add(new RecordingFinding(FindingSeverity.Warning, Mdf4Codes.BadAttachment, attachment.Position, exception.Message));
            }
        }
    }

    private static async ValueTask ExamineRecordsAsync(Mdf4RecordingReader reader, List<RecordingFinding> findings, CancellationToken cancellationToken)
    {
        var last = new ulong[reader.Channels.Count];
        long[] backward = new long[last.Length];
        long[] counts = new long[last.Length];
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            foreach (ref readonly var message in block.Messages.Span)
            {
                counts[message.ChannelIndex]++;
                if (message.LogTimeNs < last[message.ChannelIndex]) backward[message.ChannelIndex]++;
                last[message.ChannelIndex] = message.LogTimeNs;
            }
        }

        foreach (var group in reader.Definitions.Groups)
        {
            if (group.ChannelIndex < 0) continue;
            if (backward[group.ChannelIndex] > 0)
            {
                findings.Add(new RecordingFinding(
                    FindingSeverity.Warning, Order, group.Position, $"The times of group '{group.Name}' go back {backward[group.ChannelIndex]:N0} times; the specification wants them to rise."));
            }

            if (reader.Header.Needs(Mdf4Header.CycleCounters) && counts[group.ChannelIndex] != group.CycleCount)
            {
                findings.Add(new RecordingFinding(
                    FindingSeverity.Note, Summary, group.Position, $"Group '{group.Name}' has {counts[group.ChannelIndex]:N0} records; its cycle counter, never written, says {group.CycleCount:N0}."));
            }
        }
    }
}
