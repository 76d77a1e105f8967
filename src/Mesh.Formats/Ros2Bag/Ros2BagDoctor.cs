using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Formats.Ros2Bag.Sqlite;
using Mesh.Model;

namespace Mesh.Formats.Ros2Bag;

/// <summary>
/// Examines a ROS 2 bag in SQLite: page structure, write-ahead log, schema, definitions, order of times, and whether <c>metadata.yaml</c> tells
/// the truth. SQLite has no checksums: a changed byte within a payload cannot be seen.
/// </summary>
internal static class Ros2BagDoctor
{
    private const string WalPending = "MESH10480";
    private const string Journal = "MESH10481";
    private const string NoDefinition = "MESH10482";
    private const string NoIndex = "MESH10483";
    private const string TimeOrder = "MESH10484";
    private const string FreePages = "MESH10485";
    private const string MetadataMissing = "MESH10486";
    private const string MetadataWrong = "MESH10487";

    /// <summary>Examines the bag by reading all of it.</summary>
    /// <param name="source">The database; not disposed.</param>
    /// <param name="options">How to read; its query plays no part.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        List<RecordingFinding> findings = [];
        Ros2BagReader reader;
        try
        {
            reader = await Ros2BagReader.OpenDatabaseAsync(new BorrowedSource(source), options with { Query = RecordingQuery.All }, cancellationToken).ConfigureAwait(false);
        }
        catch (RecordingFormatException exception)
        {
            return [new RecordingFinding(FindingSeverity.Error, exception.Code, null, exception.Message)];
        }

        await using (reader.ConfigureAwait(false))
        {
            string fileName = Ros2BagReader.FileNameOf(source.Name);
            await ExamineFileAsync(reader, options.Folder, fileName, findings, cancellationToken).ConfigureAwait(false);
            ExamineSchema(reader.Layout, findings);
            var content = await ReadAllAsync(reader, cancellationToken).ConfigureAwait(false);
            if (content.Backwards > 0)
            {
                findings.Add(Note(TimeOrder, null, $"{content.Backwards:N0} messages are earlier than the one before, by up to {content.LargestStepNs:N0} ns; readers that want them by time must sort."));
            }

            findings.AddRange(reader.Losses.Select(loss => new RecordingFinding(FindingSeverity.Error, loss.Code, loss.Offset, loss.ToString())));
            await CompareMetadataAsync(reader, options.Folder, fileName, content, findings, cancellationToken).ConfigureAwait(false);
        }

        return findings;
    }

    private static async ValueTask ExamineFileAsync(Ros2BagReader reader, IRecordingFolder? folder, string fileName, List<RecordingFinding> findings, CancellationToken cancellationToken)
    {
        if (reader.Pager.Wal is { } wal)
        {
            findings.Add(new RecordingFinding(FindingSeverity.Warning, WalPending, null, Text(
                $"{wal.Pages:N0} pages of the database are only in {fileName}-wal ({wal.CommittedFrames:N0} committed frames, {wal.LaterFrames:N0} of an unfinished transaction, which do not count): a copy without that file lacks messages. Open it once with sqlite3 to merge them.")));
        }
        else if (reader.Pager.Header.IsWal)
        {
            findings.Add(Note(WalPending, 18, $"The database is in write-ahead mode: readers built on SQLite write {fileName}-shm and -wal beside it."));
        }

        if (folder is not null && await folder.TryOpenAsync(fileName + "-journal", cancellationToken).ConfigureAwait(false) is { } journal)
        {
            await using (journal.ConfigureAwait(false))
            {
                if (journal.Length > 0)
                {
                    findings.Add(new RecordingFinding(FindingSeverity.Warning, Journal, null, Text(
                        $"{fileName}-journal says that a transaction was interrupted; it is not undone here. Open the database once with sqlite3 to do so.")));
                }
            }
        }

        if (reader.Pager.Header.FreePages > 0)
        {
            findings.Add(Note(FreePages, 36, $"{reader.Pager.Header.FreePages:N0} pages of {reader.Pager.Header.PageSize:N0} bytes are free; VACUUM gives them back."));
        }
    }

    private static void ExamineSchema(Ros2BagLayout layout, List<RecordingFinding> findings)
    {
        foreach (string type in layout.UndefinedTypes)
        {
            findings.Add(new RecordingFinding(FindingSeverity.Warning, NoDefinition, null, Text($"There is no definition of {type} in the bag, and it is no standard one: its messages stay bytes.")));
        }

        foreach (string type in layout.BuiltInTypes)
        {
            findings.Add(Note(NoDefinition, null, $"There is no definition of {type} in the bag (schema version {layout.SchemaVersion}); the standard one is used."));
        }

        if (layout.TimestampIndexRoot == 0) findings.Add(Note(NoIndex, null, $"There is no index timestamp_idx: readers that want messages by time sort all of them."));
    }

    private static async ValueTask<Content> ReadAllAsync(Ros2BagReader reader, CancellationToken cancellationToken)
    {
        var content = new Content { ByChannel = new long[reader.Channels.Count] };
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            foreach (ref readonly var message in block.Messages.Span)
            {
                content.ByChannel[message.ChannelIndex]++;
                if (content.Messages++ > 0 && message.LogTimeNs < content.PreviousNs)
                {
                    content.Backwards++;
                    content.LargestStepNs = Math.Max(content.LargestStepNs, content.PreviousNs - message.LogTimeNs);
                }

                content.PreviousNs = message.LogTimeNs;
                content.StartNs = Math.Min(content.StartNs, message.LogTimeNs);
                content.EndNs = Math.Max(content.EndNs, message.LogTimeNs);
            }
        }

        return content;
    }

    private static async ValueTask CompareMetadataAsync(
        Ros2BagReader reader, IRecordingFolder? folder, string fileName, Content content, List<RecordingFinding> findings, CancellationToken cancellationToken)
    {
        if (folder is null) return;
        var losses = new LossList(10);
        var metadata = await BagMetadata.ReadAsync(folder, losses, cancellationToken).ConfigureAwait(false);
        findings.AddRange(losses.Entries.Select(loss => new RecordingFinding(FindingSeverity.Error, loss.Code, null, loss.ToString())));
        if (metadata is null)
        {
            if (losses.Entries.Count == 0) findings.Add(Note(MetadataMissing, null, $"There is no {BagMetadata.FileName} beside it: rosbag2 does not open the bag; `ros2 bag reindex` makes one."));
            return;
        }

        if (!metadata.Files.Contains(fileName))
        {
            Wrong($"{BagMetadata.FileName} does not list {fileName}.");
            return;
        }

        if (metadata.MessagesByFile.TryGetValue(fileName, out long ofFile) && ofFile != content.Messages) Wrong($"{BagMetadata.FileName} says {ofFile:N0} messages of {fileName}; there are {content.Messages:N0}.");
        if (metadata.Files.Count > 1) return;
        if (metadata.MessageCount is { } all && all != content.Messages) Wrong($"{BagMetadata.FileName} says {all:N0} messages; there are {content.Messages:N0}.");
        if (content.Messages > 0 && metadata.StartTimeNs is { } start && start != content.StartNs) Inexact($"{BagMetadata.FileName} says that the first message is of {start} ns; it is of {content.StartNs} ns.");
        if (content.Messages > 0 && metadata.EndTimeNs is { } end && end != content.EndNs) Inexact($"{BagMetadata.FileName} says that the last message is of {end} ns; it is of {content.EndNs} ns.");
        foreach (var topic in metadata.Topics)
        {
            long found = reader.Channels.Where(channel => channel.Topic == topic.Name).Sum(channel => content.ByChannel[channel.Index]);
            if (found != topic.Messages) Wrong($"{BagMetadata.FileName} says {topic.Messages:N0} messages of {topic.Name}; there are {found:N0}.");
        }

        void Inexact(FormattableString text) => findings.Add(new RecordingFinding(FindingSeverity.Warning, MetadataWrong, null, Text(text)));

        void Wrong(FormattableString text) => findings.Add(new RecordingFinding(FindingSeverity.Error, MetadataWrong, null, Text(text)));
    }

    private static RecordingFinding Note(string code, long? offset, FormattableString text) => new(FindingSeverity.Note, code, offset, Text(text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Content
    {
        public required long[] ByChannel { get; init; }

        public long Messages { get; set; }

        public long Backwards { get; set; }

        public ulong LargestStepNs { get; set; }

        public ulong PreviousNs { get; set; }

        public ulong StartNs { get; set; } = ulong.MaxValue;

        public ulong EndNs { get; set; }
    }
}
