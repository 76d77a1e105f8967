using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>Tables of the recording store. Times are microseconds since 1970.</summary>
internal static class RecordingSchema
{
    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE recordings (
            ingest_id TEXT NOT NULL UNIQUE,
            vehicle_id TEXT NOT NULL,
            session TEXT NOT NULL,
            file_name TEXT NOT NULL,
            uri TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            content_sha256 TEXT NOT NULL,
            accepted_at INTEGER NOT NULL,
            committed_at INTEGER,
            landing_deleted_at INTEGER,
            state INTEGER NOT NULL,
            reason TEXT,
            topology TEXT NOT NULL DEFAULT '',
            topology_version TEXT NOT NULL DEFAULT '',
            messages_in INTEGER NOT NULL DEFAULT 0,
            rows_out INTEGER NOT NULL DEFAULT 0,
            dead_letters INTEGER NOT NULL DEFAULT 0,
            not_selected INTEGER NOT NULL DEFAULT 0,
            frames_out INTEGER NOT NULL DEFAULT 0,
            duplicates INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX recordings_by_acceptance ON recordings (accepted_at);
        CREATE TABLE recording_losses (
            ingest_id TEXT NOT NULL REFERENCES recordings (ingest_id),
            ordinal INTEGER NOT NULL,
            code TEXT NOT NULL,
            "offset" INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            expected TEXT NOT NULL,
            found TEXT NOT NULL,
            PRIMARY KEY (ingest_id, ordinal)) WITHOUT ROWID;
        CREATE TABLE recording_channels (
            ingest_id TEXT NOT NULL REFERENCES recordings (ingest_id),
            ordinal INTEGER NOT NULL,
            channel TEXT NOT NULL,
            schema TEXT NOT NULL,
            table_name TEXT NOT NULL,
            messages_in INTEGER NOT NULL,
            rows_out INTEGER NOT NULL,
            dead_letters INTEGER NOT NULL,
            time_base TEXT NOT NULL,
            PRIMARY KEY (ingest_id, ordinal)) WITHOUT ROWID;
        CREATE TABLE recording_tables (
            ingest_id TEXT NOT NULL REFERENCES recordings (ingest_id),
            table_name TEXT NOT NULL,
            PRIMARY KEY (ingest_id, table_name)) WITHOUT ROWID;
        """,
    ];
}

/// <summary>A row of <c>recordings</c>; the names are the columns'.</summary>
internal sealed class RecordingRow
{
    public string ingest_id { get; init; } = "";
    public string vehicle_id { get; init; } = "";
    public string session { get; init; } = "";
    public string file_name { get; init; } = "";
    public string uri { get; init; } = "";
    public long size_bytes { get; init; }
    public string content_sha256 { get; init; } = "";
    public long accepted_at { get; init; }
    public long? committed_at { get; init; }
    public long? landing_deleted_at { get; init; }
    public int state { get; init; }
    public string? reason { get; init; }
    public long messages_in { get; init; }
    public long rows_out { get; init; }
    public long dead_letters { get; init; }
    public long not_selected { get; init; }
    public long frames_out { get; init; }
    public int duplicates { get; init; }
    public int loss_count { get; init; }

    public RecordingEntry ToEntry() => new()
    {
        IngestId = IngestId.Parse(ingest_id),
        VehicleId = vehicle_id,
        Session = session,
        FileName = file_name,
        Uri = uri,
        SizeBytes = size_bytes,
        ContentSha256 = content_sha256,
        AcceptedAt = UnixMicros.ToTime(accepted_at),
        CommittedAt = committed_at is { } committed ? UnixMicros.ToTime(committed) : null,
        LandingDeletedAt = landing_deleted_at is { } deleted ? UnixMicros.ToTime(deleted) : null,
        State = (RecordingState)state,
        Reason = reason,
        MessagesIn = messages_in,
        RowsOut = rows_out,
        DeadLetters = dead_letters,
        NotSelected = not_selected,
        FramesOut = frames_out,
        Duplicates = duplicates,
        LossCount = loss_count,
    };
}

/// <summary>A row of <c>recording_losses</c>.</summary>
internal sealed class LossRow
{
    public string code { get; init; } = "";
    public long offset { get; init; }
    public long bytes { get; init; }
    public string expected { get; init; } = "";
    public string found { get; init; } = "";
}

/// <summary>A row of <c>recording_channels</c>.</summary>
internal sealed class ChannelRow
{
    public string channel { get; init; } = "";
    public string schema { get; init; } = "";
    public string table_name { get; init; } = "";
    public long messages_in { get; init; }
    public long rows_out { get; init; }
    public long dead_letters { get; init; }
    public string time_base { get; init; } = "";
}
