using System.Text.Json;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Catalogue;

/// <summary>A files-written event, ready to be committed.</summary>
/// <param name="Consumed">The event.</param>
/// <param name="Set">Its files.</param>
/// <param name="Account">What became of the recording's messages.</param>
/// <param name="MinLogTimeUs">Earliest log time of the files' rows, microseconds; 0 when there are none.</param>
/// <param name="MaxLogTimeUs">Latest.</param>
internal sealed record FileSet(
    ConsumedEvent<FilesWritten> Consumed, IngestSet Set, RecordingAccountEntry Account, long MinLogTimeUs, long MaxLogTimeUs)
{
    private const int HashDigits = 12;

    /// <summary>Position of the event in the log, as the source offsets of a table name it.</summary>
    public static string SourceOf(EventPosition position) => $"{position.Topic}-{position.Partition}";

    /// <summary>Checks an event and its list of files.</summary>
    /// <param name="consumed">The event.</param>
    /// <param name="files">Its files, from the event or from the object it refers to.</param>
    /// <exception cref="MeshException"><c>MESH5002</c> when the event is incomplete; <c>MESH1001</c> when it carries no ingest id.</exception>
    public static FileSet From(ConsumedEvent<FilesWritten> consumed, IReadOnlyCollection<Kafka.Events.DataFile> files)
    {
        var written = consumed.Value!;
        var id = IngestId.Parse(written.IngestId);
        if (written.Account is null) throw Incomplete(written, "it carries no account of the recording");
        if (written.TopologyVersion.Length == 0) throw Incomplete(written, "it names no topology version, which is part of the ledger's key");
        if (files.Any(file => file.RowCount < 0 || file.FileBytes < 0)) throw Incomplete(written, "a file has a negative number of rows or bytes");

        // Files without rows have no times.
        var timed = files.Where(file => file.RowCount > 0).ToList();
        return new FileSet(
            consumed,
            SetOf(id, written, files),
            AccountOf(written),
            timed.Count == 0 ? 0 : timed.Min(file => file.MinLogTimeUs),
            timed.Count == 0 ? 0 : timed.Max(file => file.MaxLogTimeUs));
    }

    /// <summary>The set of files that an event announces.</summary>
    public static IngestSet SetOf(IngestId id, FilesWritten written, IReadOnlyCollection<Kafka.Events.DataFile> files) => new(
        id, written.Topology, VersionOf(written), written.AttemptId, [.. files.Select(Streaming.Ingest.FileSetEvents.FromEvent)]);

    /// <summary>The account that an event carries.</summary>
    /// <exception cref="MeshException"><c>MESH5002</c>: a part of it is not understood.</exception>
    public static RecordingAccountEntry AccountOf(FilesWritten written)
    {
        var account = written.Account;
        return new RecordingAccountEntry(
            account.MessagesIn, account.RowsOut, account.DeadLetters, account.NotSelected, account.FramesOut,
            [.. account.Losses.Select(loss => new DataLoss(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found))],
            [.. account.Channels.Select(channel => new RecordingChannelEntry(
                channel.Channel, channel.Schema, channel.Table, channel.MessagesIn, channel.RowsOut, channel.DeadLetters, channel.TimeBase))],
            [.. written.Tables], written.Topology, VersionOf(written))
        {
            Digest = written.TopologyDigest,
            MinLogTimeNs = account.MinLogTimeNs,
            MaxLogTimeNs = account.MaxLogTimeNs,
            Synchronised = InputsOf(written),
        };
    }

    private static IReadOnlyList<RecordingInputEntry> InputsOf(FilesWritten written)
    {
        try
        {
            return RecordingInputEntry.Read(written.Account.SynchronisedJson);
        }
        catch (JsonException exception)
        {
            throw Incomplete(written, $"what it says of synchronised inputs is not understood: {exception.Message}");
        }
    }

    /// <summary>The run whose files an event announces; null when it names no upload.</summary>
    public static RecordingRun? RunOf(FilesWritten? written) =>
        IngestId.TryParse(written?.IngestId, out var id) ? new RecordingRun(id, written!.Topology, VersionOf(written)) : null;

    // Before versions were declared, events carried a hash of the topology's text in their place; what they announce is version 1.
    private static string VersionOf(FilesWritten written) =>
        written.TopologyVersion.Length == HashDigits && written.TopologyVersion.All(char.IsAsciiHexDigitLower) ? "1" : written.TopologyVersion;

    private static MeshException Incomplete(FilesWritten written, string what) => new(
        "MESH5002", $"The files-written event of upload {written.IngestId} for table '{written.Table}' cannot be committed: {what}. Ingest the upload again.");
}
