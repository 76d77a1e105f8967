using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Streaming.DeadLetters;

/// <summary>
/// The index of the dead-letter topics in the metadata database, and what has become of each letter. The topics stay the record of what
/// was written; the index adds state and history.
/// </summary>
/// <remarks>
/// A letter is <c>open</c>, or <c>replaying</c> on behalf of one replay, or <c>replayed</c>, or <c>dropped</c>. Messages are counted as
/// replayed in the transaction that adds their rows to a table, and only while their letter is replaying for that very replay: no letter
/// brings its rows twice, whoever is killed when.
/// </remarks>
public sealed partial class DeadLetterStore
{
    private readonly MetadataDatabase database;
    private readonly TimeProvider time;

    /// <param name="database">Where; the store creates its tables.</param>
    /// <param name="time">Clock.</param>
    public DeadLetterStore(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        database.Migrate("dead-letters", DeadLetterSchema.Scripts);
    }

    private long NowUs => UnixMicros.Of(time.GetUtcNow());

    /// <summary>
    /// Takes letters as they come from their topic; the same ones again change nothing. A letter written anew after a replay of its whole
    /// recording had been asked for is open again, with its new reason.
    /// </summary>
    public async ValueTask IndexAsync(IReadOnlyList<ConsumedEvent<DeadLetter>> letters, CancellationToken cancellationToken) => await database.WriteAsync(
        async transaction =>
        {
            foreach (var consumed in letters)
            {
                if (consumed.Value is { } letter) await IndexAsync(transaction, letter, consumed.Position).ConfigureAwait(false);
            }

            foreach (var partition in letters.GroupBy(consumed => (consumed.Position.Topic, consumed.Position.Partition)))
            {
                await transaction.ExecuteAsync(
                    """
                    INSERT INTO dead_letter_positions (topic, "partition", next_offset) VALUES (@Topic, @Partition, @next)
                    ON CONFLICT (topic, "partition") DO UPDATE SET next_offset = excluded.next_offset WHERE dead_letter_positions.next_offset < excluded.next_offset
                    """,
                    new { partition.Key.Topic, partition.Key.Partition, next = partition.Max(consumed => consumed.Position.Offset) + 1 }).ConfigureAwait(false);
            }
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>The next offset to be indexed of each partition that has been read.</summary>
    public ValueTask<IReadOnlyDictionary<(string Topic, int Partition), long>> PositionsAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<(string, int), long>>(
            async session => (await session.QueryAsync<PositionRow>("SELECT topic, \"partition\" AS number, next_offset FROM dead_letter_positions").ConfigureAwait(false))
                .ToDictionary(row => (row.topic, (int)row.number), row => row.next_offset),
            cancellationToken);

    private async Task IndexAsync(MetadataTransaction transaction, DeadLetter letter, EventPosition position)
    {
        var values = new
        {
            letter.Id, letter.Stage, letter.Code, letter.Reason, letter.IngestId, letter.VehicleId, letter.Channel, letter.Sequence,
            lastSequence = Math.Max(letter.Sequence, letter.LastSequence), count = Math.Max(1, letter.Count), logTime = unchecked((long)letter.LogTimeNs),
            letter.SchemaName, letter.PayloadUri, letter.PayloadOffset, payloadBytes = Math.Max(letter.PayloadBytes, letter.Payload.Length), letter.Attempts,
            letter.Topology, topologyVersion = VersionOf(letter), sourceTopic = letter.Source?.Topic ?? "", sourcePartition = letter.Source?.Partition ?? 0,
            sourceOffset = letter.Source?.Offset ?? -1, position.Topic, position.Partition, position.Offset, created = letter.CreatedAtUs,
        };
        int added = await transaction.ExecuteAsync(
            """
            INSERT INTO dead_letters (id, stage, code, reason, ingest_id, vehicle_id, channel, sequence, last_sequence, count, log_time_ns, schema_name,
                payload_uri, payload_offset, payload_bytes, attempts, topology, topology_version, source_topic, source_partition, source_offset,
                letter_topic, letter_partition, letter_offset, created_at, changed_at, state)
            VALUES (@Id, @Stage, @Code, @Reason, @IngestId, @VehicleId, @Channel, @Sequence, @lastSequence, @count, @logTime, @SchemaName,
                @PayloadUri, @PayloadOffset, @payloadBytes, @Attempts, @Topology, @topologyVersion, @sourceTopic, @sourcePartition, @sourceOffset,
                @Topic, @Partition, @Offset, @created, @created, 0)
            ON CONFLICT (id) DO NOTHING
            """,
            values).ConfigureAwait(false);
        if (added > 0)
        {
            if (letter.Payload.Length > 0)
            {
                await transaction.ExecuteAsync(
                    "INSERT INTO dead_letter_payloads (letter_id, payload) VALUES (@Id, @payload)", new { letter.Id, payload = letter.Payload.ToByteArray() }).ConfigureAwait(false);
            }

            await NoteAsync(transaction, "id = @Id", new Dictionary<string, object?> { ["Id"] = letter.Id }, letter.CreatedAtUs, "written", letter.Code).ConfigureAwait(false);
            return;
        }

        // Written again. An attempt that is repeated writes the same letters, which changes nothing; one that a replay of the whole recording
        // began found the same fault, and the letter waits again. Rows that a replay of messages has added stay added: such a letter never
        // opens again, or its rows could come twice.
        int reopened = await transaction.ExecuteAsync(
            """
            UPDATE dead_letters SET state = 0, replay_id = '', reason = @Reason, attempts = attempts + @Attempts, changed_at = @now,
                letter_topic = @Topic, letter_partition = @Partition, letter_offset = @Offset
            WHERE id = @Id AND replayed = 0 AND state IN (1, 2) AND letter_topic = @Topic AND letter_partition = @Partition AND letter_offset < @Offset
            """,
            new { letter.Id, letter.Reason, letter.Attempts, position.Topic, position.Partition, position.Offset, now = NowUs }).ConfigureAwait(false);
        if (reopened > 0) await NoteAsync(transaction, "id = @Id", new Dictionary<string, object?> { ["Id"] = letter.Id }, NowUs, "failed_again", letter.Code).ConfigureAwait(false);
        else
        {
            await transaction.ExecuteAsync(
                """
                UPDATE dead_letters SET letter_offset = @Offset
                WHERE id = @Id AND letter_topic = @Topic AND letter_partition = @Partition AND letter_offset < @Offset
                """,
                new { letter.Id, position.Topic, position.Partition, position.Offset }).ConfigureAwait(false);
        }
    }

    // Letters from before versions were declared name none; what their topology had written is version 1.
    private static string VersionOf(DeadLetter letter) => letter.Topology.Length > 0 && letter.TopologyVersion.Length == 0 ? "1" : letter.TopologyVersion;

    /// <summary>Adds a line to the history of every letter that a condition holds for.</summary>
    private static Task NoteAsync(
        MetadataTransaction transaction, string where, Dictionary<string, object?> parameters, long at, string action, string detail,
        string topology = "", string topologyVersion = "", string topologyDigest = "")
    {
        var all = new Dictionary<string, object?>(parameters)
        {
            ["noteAt"] = at, ["noteAction"] = action, ["noteDetail"] = detail, ["noteTopology"] = topology, ["noteVersion"] = topologyVersion, ["noteDigest"] = topologyDigest,
        };
        return transaction.ExecuteAsync(
            $"""
            INSERT INTO dead_letter_changes (letter_id, at, action, detail, topology, topology_version, topology_digest)
            SELECT id, @noteAt, @noteAction, @noteDetail, @noteTopology, @noteVersion, @noteDigest FROM dead_letters WHERE {where}
            """,
            all);
    }

    private sealed class PositionRow
    {
        public string topic { get; init; } = "";
        public long number { get; init; }
        public long next_offset { get; init; }
    }
}
