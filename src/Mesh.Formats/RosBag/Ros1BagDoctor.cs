using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Mesh.Model;

namespace Mesh.Formats.RosBag;

/// <summary>
/// Examines ROS 1 bags: everything that reading reports, and whether the indexes say what the chunks hold. Holds one chunk and the facts of
/// all others.
/// </summary>
internal sealed class Ros1BagDoctor : IDisposable
{
    private const string Unfinished = "MESH10430";
    private const string HeaderRecord = "MESH10431";
    private const string ChunkInfos = "MESH10432";
    private const string IndexData = "MESH10433";
    private const string Connections = "MESH10434";
    private const string TypeSum = "MESH10435";
    private const string OutsideChunk = "MESH10436";
    private const string TimeOrder = "MESH10437";
    private const string Further = "MESH10438";

    private readonly RecordingReaderOptions options;
    private readonly Ros1BagFileHeader header;
    private readonly Ros1BagWalker walker;
    private readonly LossList losses;
    private readonly Ros1BagConnections connections;
    private readonly List<RecordingFinding> findings = [];
    private readonly SortedDictionary<long, Facts> chunks = [];
    private readonly Dictionary<uint, string> indexed = [];
    private readonly Dictionary<int, (uint Connection, ulong Time)> records = [];
    private readonly HashSet<int> indexedRecords = [];
    private Facts? current;
    private ulong latest;
    private long outsideChunks;
    private long outOfOrder;

    private Ros1BagDoctor(IByteSource source, RecordingReaderOptions options, Ros1BagFileHeader header)
    {
        this.options = options;
        this.header = header;
        losses = new LossList(options.MaxLosses);
        connections = new Ros1BagConnections(losses, RecordingQuery.All, options.ToMcap().MaxDefinitionBytes);
        walker = new Ros1BagWalker(source, options, header) { IndexRecord = CheckIndexRecord };
    }

    /// <summary>Examines a bag.</summary>
    /// <param name="source">The bag; not disposed.</param>
    /// <param name="options">Limits.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        Ros1BagFileHeader header;
        try
        {
            header = await Ros1BagFileHeader.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        }
        catch (RecordingFormatException refusal)
        {
            return [new RecordingFinding(FindingSeverity.Error, refusal.Code, 0, refusal.Message)];
        }

        using var doctor = new Ros1BagDoctor(source, options, header);
        await doctor.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        doctor.Conclude(source.Length);
        return [.. doctor.findings.OrderBy(finding => finding.Offset ?? long.MaxValue)];
    }

    public void Dispose() => walker.Dispose();

    private async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        while (await walker.ReadAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            walker.Work(block);
            foreach (var loss in block.Losses) losses.Add(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found);
            foreach (var definition in block.Definitions)
            {
                Ros1BagRecord.TryParse(block.Records[definition.Offset..], out var record);
                var bytes = block.Records.Slice(definition.Offset, (int)record.TotalBytes);
                connections.Add(bytes, record, definition.FileOffset);
                if (block.ChunkPosition < 0) indexed[record.Connection] = Encoding.UTF8.GetString(bytes[record.Text]);
            }

            CheckLastChunk();
            if (block.ChunkPosition >= 0) Note(block);
            else outsideChunks += block.Count;
            foreach (ref readonly var message in block.Messages)
            {
                if (message.LogTimeNs < latest) outOfOrder++;
                latest = Math.Max(latest, message.LogTimeNs);
            }

            walker.Return(block);
        }

        CheckLastChunk();
    }

    private void Note(Ros1BagBlock block)
    {
        if (!chunks.TryGetValue(block.ChunkPosition, out var facts)) chunks[block.ChunkPosition] = facts = new Facts { Position = block.ChunkPosition };
        foreach (ref readonly var message in block.Messages)
        {
            uint connection = (uint)message.ChannelIndex;
            facts.Counts[connection] = facts.Counts.GetValueOrDefault(connection) + 1;
            facts.StartTimeNs = Math.Min(facts.StartTimeNs, message.LogTimeNs);
            facts.EndTimeNs = Math.Max(facts.EndTimeNs, message.LogTimeNs);
        }

        // Of a chunk that comes in pieces the places of its records are not kept.
        current = facts;
        records.Clear();
        indexedRecords.Clear();
        if (block.RecordBytes != block.ClaimedBytes) return;
        for (int at = 0; at < block.RecordBytes;)
        {
            if (Ros1BagRecord.TryParse(block.Records[at..], out var record) != Ros1BagParse.Record) return;
            if (record.Op == Ros1BagOp.Message) records[at] = (record.Connection, record.TimeNs);
            at = (int)Math.Min(int.MaxValue, at + record.TotalBytes);
        }
    }

    private void CheckIndexRecord(Ros1BagRecord record, ReadOnlyMemory<byte> bytes, long position)
    {
        var data = bytes.Span[record.DataOffset..];
        switch (record.Op)
        {
            case Ros1BagOp.BagHeader when record.HeaderBytes + (long)record.DataBytes != Ros1BagFileHeader.PaddedBytes:
                Add(FindingSeverity.Note, HeaderRecord, position, $"The bag header is padded to {record.HeaderBytes + (long)record.DataBytes:N0} bytes instead of {Ros1BagFileHeader.PaddedBytes:N0}.");
                break;
            case Ros1BagOp.ChunkInfo:
                TakeChunkInfo(record, data, position);
                break;
            case Ros1BagOp.IndexData when records.Count > 0 && record.Version == 1:
                CheckIndexData(record, data, position);
                break;
        }
    }

    private void CheckIndexData(in Ros1BagRecord record, ReadOnlySpan<byte> data, long position)
    {
        int wrong = 0;
        for (; data.Length >= 12; data = data[12..])
        {
            int offset = (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(data[8..]));
            if (records.TryGetValue(offset, out var message) && message.Connection == record.Connection && message.Time == Ros1BagRecord.ReadTime(data)) indexedRecords.Add(offset);
            else wrong++;
        }

        if (wrong > 0) Add(FindingSeverity.Error, IndexData, position, $"{wrong} entries of connection {record.Connection} lead to no message of that connection and time: readers that use the index fail or give wrong messages.");
    }

    private void CheckLastChunk()
    {
        if (current is not null && records.Count > indexedRecords.Count)
        {
            Add(FindingSeverity.Warning, IndexData, current.Position, $"{records.Count - indexedRecords.Count} of {records.Count} messages of the chunk are in no index record: readers that use the index do not see them.");
        }

        current = null;
        records.Clear();
        indexedRecords.Clear();
    }

    private void TakeChunkInfo(in Ros1BagRecord record, ReadOnlySpan<byte> data, long position)
    {
        if (!chunks.TryGetValue((long)Math.Min(record.ChunkPosition, long.MaxValue), out var facts))
        {
            Add(FindingSeverity.Error, ChunkInfos, position, $"The index names a chunk at byte {record.ChunkPosition:N0}, where none was read.");
            return;
        }

        if (facts.IsIndexed) Add(FindingSeverity.Error, ChunkInfos, position, $"The index names the chunk at byte {record.ChunkPosition:N0} twice.");
        facts.IsIndexed = true;
        if (facts.Counts.Count > 0 && (facts.StartTimeNs != record.StartTimeNs || facts.EndTimeNs != record.EndTimeNs))
        {
            // Wider than true costs time; narrower hides messages.
            bool hides = record.StartTimeNs > facts.StartTimeNs || record.EndTimeNs < facts.EndTimeNs;
            Add(hides ? FindingSeverity.Error : FindingSeverity.Warning, ChunkInfos, position,
                $"The index gives the chunk at byte {record.ChunkPosition:N0} the times {record.StartTimeNs} to {record.EndTimeNs} ns, its messages have {facts.StartTimeNs} to {facts.EndTimeNs}.");
        }

        var counts = new Dictionary<uint, long>();
        for (; data.Length >= 8; data = data[8..]) counts[BinaryPrimitives.ReadUInt32LittleEndian(data)] = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
        bool agrees = facts.Counts.All(pair => counts.GetValueOrDefault(pair.Key) == pair.Value) && counts.All(pair => facts.Counts.GetValueOrDefault(pair.Key) == pair.Value);
        if (!agrees) Add(FindingSeverity.Error, ChunkInfos, position, $"The index counts other messages in the chunk at byte {record.ChunkPosition:N0} than it holds ({facts.Counts.Values.Sum()}).");
    }

    private void Conclude(long length)
    {
        foreach (var loss in losses.Entries)
        {
            bool isUnfinished = loss.Code == Ros1BagLosses.Truncated && loss.Bytes == 0 && header.IndexPosition == 0;
            Add(isUnfinished ? FindingSeverity.Warning : FindingSeverity.Error, loss.Code, loss.Offset, loss.ToString());
        }

        if (!header.IsKnown) Add(FindingSeverity.Error, HeaderRecord, Ros1BagFileHeader.Version.Length, "There is no bag header: readers that use the index refuse the file.");
        if (header is { IsKnown: true, IndexPosition: 0 }) Add(FindingSeverity.Warning, Unfinished, null, "The recording was not closed: it has no index, and most readers want `rosbag reindex` first.");
        else if (header.IndexPosition > length) Add(FindingSeverity.Error, Unfinished, null, $"The index should be at byte {header.IndexPosition:N0}, beyond the end of the file.");
        else CheckIndexIsComplete();

        if (outsideChunks > 0) Add(FindingSeverity.Warning, OutsideChunk, null, $"{outsideChunks} messages lie outside chunks, where readers that use the index do not look.");
        if (outOfOrder > 0) Add(FindingSeverity.Note, TimeOrder, null, $"{outOfOrder} messages are earlier than one before them in the file.");
        foreach (var channel in connections.Channels) CheckSum(channel);
    }

    private void CheckIndexIsComplete()
    {
        if (!header.IsKnown) return;
        foreach (var facts in chunks.Values.Where(facts => !facts.IsIndexed))
        {
            Add(FindingSeverity.Error, ChunkInfos, facts.Position, $"The chunk at byte {facts.Position:N0} is not in the index: its {facts.Counts.Values.Sum()} messages are not seen by readers that use it.");
        }

        foreach (var channel in connections.Channels.Where(channel => !indexed.ContainsValue(channel.Topic)))
        {
            Add(FindingSeverity.Error, Connections, null, $"The connection of '{channel.Topic}' is not in the index.");
        }
    }

    private void CheckSum(RecordingChannel channel)
    {
        string given = channel.Metadata.GetValueOrDefault("md5sum", "");
        if (channel.Schema is not { } schema || (schema.Data.Length == 0 && given != Ros1Md5.TryCompute(schema.Name, "")))
        {
            Add(FindingSeverity.Warning, TypeSum, null, $"'{channel.Topic}' has no message definition: only readers that know {channel.Schema?.Name ?? "its type"} can decode it.");
            return;
        }

        string? sum = Ros1Md5.TryCompute(schema.Name, Encoding.UTF8.GetString(schema.Data.Span));
        if (given != Ros1Md5.Any && sum is not null && sum != given)
        {
            Add(FindingSeverity.Warning, TypeSum, null, $"'{channel.Topic}' gives md5sum '{given}', the definition of {schema.Name} has {sum}: nodes of that type refuse to be played to.");
        }
        else if (sum is null)
        {
            Add(FindingSeverity.Warning, TypeSum, null, $"The definition of {schema.Name} on '{channel.Topic}' cannot be read or lacks types that it uses.");
        }
    }

    private void Add(FindingSeverity severity, string code, long? offset, FormattableString text) => Add(severity, code, offset, text.ToString(CultureInfo.InvariantCulture));

    private void Add(FindingSeverity severity, string code, long? offset, string text)
    {
        if (findings.Count < options.MaxLosses) findings.Add(new RecordingFinding(severity, code, offset, text));
        else if (findings.Count == options.MaxLosses) findings.Add(new RecordingFinding(FindingSeverity.Error, Further, null, "There is more than is listed."));
    }

    /// <summary>What was read of a chunk.</summary>
    private sealed class Facts
    {
        public required long Position { get; init; }

        public Dictionary<uint, long> Counts { get; } = [];

        public ulong StartTimeNs { get; set; } = ulong.MaxValue;

        public ulong EndTimeNs { get; set; }

        public bool IsIndexed { get; set; }
    }
}
