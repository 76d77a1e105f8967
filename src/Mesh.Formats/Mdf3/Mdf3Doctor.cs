using Mesh.Formats.Mdf;
using Mesh.Model;

namespace Mesh.Formats.Mdf3;

/// <summary>Examines the structure of MDF 2 and 3 files.</summary>
internal static class Mdf3Doctor
{
    /// <summary>Examines a recording.</summary>
    /// <param name="source">The recording; not disposed.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        var findings = new List<RecordingFinding>();
        Mdf3RecordingReader reader;
        try
        {
            reader = (Mdf3RecordingReader)await Mdf3RecordingReader.OpenAsync(new Borrowed(source), options with { Query = RecordingQuery.All }, cancellationToken).ConfigureAwait(false);
        }
        catch (RecordingFormatException exception)
        {
            return [new RecordingFinding(FindingSeverity.Error, exception.Code, null, exception.Message)];
        }

        await using (reader.ConfigureAwait(false))
        {
            ExamineHeader(reader, findings);
            foreach (var group in reader.Definitions.Groups) ExamineGroup(group, findings);
            await ExamineRecordsAsync(reader, findings, cancellationToken).ConfigureAwait(false);
            foreach (var loss in reader.Losses)
            {
                findings.Add(new RecordingFinding(FindingSeverity.Error, loss.Code, loss.Offset, $"expected {loss.Expected}, found {loss.Found}; {loss.Bytes:N0} bytes are lost."));
            }
        }

        findings.Sort((a, b) => (a.Offset ?? -1).CompareTo(b.Offset ?? -1));
        return findings;
    }

    private static void ExamineHeader(Mdf3RecordingReader reader, List<RecordingFinding> findings)
    {
        var header = reader.Header;
        if (header.IsUnfinished) findings.Add(new RecordingFinding(FindingSeverity.Warning, "MESH10261", 0, "The file was never finalised; records are counted by the bytes that are there."));
        if (!header.Version.StartsWith($"{header.Number / 100}.", StringComparison.Ordinal))
        {
            findings.Add(new RecordingFinding(FindingSeverity.Warning, "MESH10262", 28, $"The version is '{header.Version}' as text but {header.Number} as a number; the blocks themselves tell what they hold."));
        }

        if (header.FloatFormat != 0) findings.Add(new RecordingFinding(FindingSeverity.Note, "MESH10263", 26, "Floating-point numbers are in a VAX format, which few readers know."));
        if (header.Block is null) return;
        if (header.ZoneHours is null) findings.Add(new RecordingFinding(FindingSeverity.Note, "MESH10264", Mdf3Header.IdBytes, "The start is a local time of an unknown zone; it is read as UTC."));
        int claimed = header.Block.UInt16(16);
        if (claimed != reader.Definitions.DataGroups.Count)
        {
            findings.Add(new RecordingFinding(FindingSeverity.Warning, "MESH10265", Mdf3Header.IdBytes + 16, $"The header says {claimed} data groups, the chain has {reader.Definitions.DataGroups.Count}; the chain is read."));
        }
    }

    private static void ExamineGroup(Mdf3ChannelGroup group, List<RecordingFinding> findings)
    {
        int masters = group.Channels.Count(channel => channel.Type is MdfChannelType.Master or MdfChannelType.VirtualMaster);
        if (masters == 0 && group.Channels.Count > 0) findings.Add(new RecordingFinding(FindingSeverity.Warning, "MESH10266", null, $"Group '{group.Layout.Group}' has no time channel; its records get the start time."));
        if (masters > 1) findings.Add(new RecordingFinding(FindingSeverity.Warning, "MESH10266", null, $"Group '{group.Layout.Group}' has {masters} time channels; the first counts."));
    }

    private static async Task ExamineRecordsAsync(Mdf3RecordingReader reader, List<RecordingFinding> findings, CancellationToken cancellationToken)
    {
        ulong[] last = new ulong[reader.Channels.Count];
        bool[] reported = new bool[last.Length];
        long[] records = new long[last.Length];
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block) Examine(block);
        foreach (var dataGroup in reader.Definitions.DataGroups)
        {
            foreach (var group in dataGroup.Groups)
            {
                if (dataGroup.IsSorted || group.Cycles == records[group.Index] || reader.Header.IsUnfinished) continue;
                findings.Add(new RecordingFinding(
                    FindingSeverity.Error, Mdf3Codes.RecordsMissing, dataGroup.Data, $"Group '{group.Layout.Group}' says {group.Cycles:N0} records, {records[group.Index]:N0} are there."));
            }
        }

        void Examine(MessageBlock block)
        {
            foreach (ref readonly var message in block.Messages.Span)
            {
                int channel = message.ChannelIndex;
                records[channel]++;
                if (message.LogTimeNs < last[channel] && !reported[channel])
                {
                    reported[channel] = true;
                    findings.Add(new RecordingFinding(
                        FindingSeverity.Warning, "MESH10267", message.FileOffset, $"Time goes back in group '{reader.Channels[channel].Topic}'; tools that search by time may miss records."));
                }

                last[channel] = message.LogTimeNs;
            }
        }
    }

    /// <summary>The examined source, which stays its owner's.</summary>
    private sealed class Borrowed(IByteSource inner) : IByteSource
    {
        public long Length => inner.Length;

        public string Name => inner.Name;

        public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAtAsync(offset, buffer, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
