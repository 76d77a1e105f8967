using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Streaming.DeadLetters;

/// <summary>Tables of the index. Times are microseconds since 1970.</summary>
internal static class DeadLetterSchema
{
    public const string Columns =
        """
        id, stage, code, reason, ingest_id, vehicle_id, channel, sequence, last_sequence, count, replayed, log_time_ns, schema_name,
        payload_uri, payload_offset, payload_bytes, attempts, topology, topology_version, source_topic, source_partition, source_offset,
        letter_topic, letter_partition, letter_offset, created_at, changed_at, state, replay_id
        """;

    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE dead_letters (
            id TEXT NOT NULL PRIMARY KEY,
            stage TEXT NOT NULL,
            code TEXT NOT NULL,
            reason TEXT NOT NULL,
            ingest_id TEXT NOT NULL,
            vehicle_id TEXT NOT NULL,
            channel TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            count INTEGER NOT NULL,
            replayed INTEGER NOT NULL DEFAULT 0,
            log_time_ns INTEGER NOT NULL,
            schema_name TEXT NOT NULL,
            payload_uri TEXT NOT NULL,
            payload_offset INTEGER NOT NULL,
            payload_bytes INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            topology TEXT NOT NULL,
            topology_version TEXT NOT NULL,
            source_topic TEXT NOT NULL,
            source_partition INTEGER NOT NULL,
            source_offset INTEGER NOT NULL,
            letter_topic TEXT NOT NULL,
            letter_partition INTEGER NOT NULL,
            letter_offset INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            state INTEGER NOT NULL,
            replay_id TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
        CREATE INDEX dead_letters_by_time ON dead_letters (created_at, id);
        CREATE INDEX dead_letters_by_recording ON dead_letters (ingest_id, state);
        CREATE INDEX dead_letters_by_replay ON dead_letters (replay_id, ingest_id);
        CREATE TABLE dead_letter_payloads (
            letter_id TEXT NOT NULL PRIMARY KEY REFERENCES dead_letters (id),
            payload BLOB NOT NULL);
        CREATE TABLE dead_letter_changes (
            ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
            letter_id TEXT NOT NULL REFERENCES dead_letters (id),
            at INTEGER NOT NULL,
            action TEXT NOT NULL,
            detail TEXT NOT NULL,
            topology TEXT NOT NULL DEFAULT '',
            topology_version TEXT NOT NULL DEFAULT '',
            topology_digest TEXT NOT NULL DEFAULT '');
        CREATE INDEX dead_letter_changes_by_letter ON dead_letter_changes (letter_id, ordinal);
        CREATE TABLE dead_letter_positions (
            topic TEXT NOT NULL,
            "partition" INTEGER NOT NULL,
            next_offset INTEGER NOT NULL,
            PRIMARY KEY (topic, "partition")) WITHOUT ROWID;
        """,
        // Counts by stage, code, state and topology read this index alone.
        "CREATE INDEX dead_letters_by_fault ON dead_letters (state, stage, code, topology, created_at, id)",
    ];
}

/// <summary>A row of <c>dead_letters</c>; the names are the columns'.</summary>
internal sealed class DeadLetterRow
{
    public string id { get; init; } = "";
    public string stage { get; init; } = "";
    public string code { get; init; } = "";
    public string reason { get; init; } = "";
    public string ingest_id { get; init; } = "";
    public string vehicle_id { get; init; } = "";
    public string channel { get; init; } = "";
    public long sequence { get; init; }
    public long last_sequence { get; init; }
    public long count { get; init; }
    public long replayed { get; init; }
    public long log_time_ns { get; init; }
    public string schema_name { get; init; } = "";
    public string payload_uri { get; init; } = "";
    public long payload_offset { get; init; }
    public long payload_bytes { get; init; }
    public long attempts { get; init; }
    public string topology { get; init; } = "";
    public string topology_version { get; init; } = "";
    public string source_topic { get; init; } = "";
    public long source_partition { get; init; }
    public long source_offset { get; init; }
    public string letter_topic { get; init; } = "";
    public long letter_partition { get; init; }
    public long letter_offset { get; init; }
    public long created_at { get; init; }
    public long changed_at { get; init; }
    public long state { get; init; }
    public string replay_id { get; init; } = "";

    public DeadLetterEntry ToEntry() => new()
    {
        Id = id,
        Stage = stage,
        Code = code,
        Reason = reason,
        IngestId = ingest_id,
        VehicleId = vehicle_id,
        Channel = channel,
        Sequence = sequence,
        LastSequence = last_sequence,
        Count = count,
        Replayed = replayed,
        LogTimeNs = unchecked((ulong)log_time_ns),
        SchemaName = schema_name,
        PayloadUri = payload_uri,
        PayloadOffset = payload_offset,
        PayloadBytes = payload_bytes,
        Attempts = (int)attempts,
        Topology = topology,
        TopologyVersion = topology_version,
        Source = new EventPosition(source_topic, (int)source_partition, source_offset),
        Letter = new EventPosition(letter_topic, (int)letter_partition, letter_offset),
        CreatedAt = UnixMicros.ToTime(created_at),
        ChangedAt = UnixMicros.ToTime(changed_at),
        State = (DeadLetterState)state,
        ReplayId = replay_id,
    };
}

/// <summary>A row of <c>dead_letter_changes</c>.</summary>
internal sealed class DeadLetterChangeRow
{
    public long at { get; init; }
    public string action { get; init; } = "";
    public string detail { get; init; } = "";
    public string topology { get; init; } = "";
    public string topology_version { get; init; } = "";
    public string topology_digest { get; init; } = "";
}
