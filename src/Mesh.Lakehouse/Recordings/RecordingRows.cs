using System.Text.Json;
using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

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
    public long? landing_deleted_at { get; init; }
    public int duplicates { get; init; }

    public RecordingEntry ToEntry(IReadOnlyList<RecordingRunEntry> runs, IEnumerable<ActiveTopologyRow> active) => new()
    {
        IngestId = IngestId.Parse(ingest_id),
        VehicleId = vehicle_id,
        Session = session,
        FileName = file_name,
        Uri = uri,
        SizeBytes = size_bytes,
        ContentSha256 = content_sha256,
        AcceptedAt = UnixMicros.ToTime(accepted_at),
        LandingDeletedAt = landing_deleted_at is { } deleted ? UnixMicros.ToTime(deleted) : null,
        Duplicates = duplicates,
        Runs = runs,
        Awaited =
        [
            .. active.Where(topology => topology.Reads(accepted_at) && !runs.Any(run => run.Topology == topology.name && run.TopologyVersion == topology.VersionText))
                .Select(topology => $"{topology.name}@{topology.VersionText}"),
        ],
    };
}

/// <summary>A row of <c>recording_runs</c>.</summary>
internal sealed class RunRow
{
    public string ingest_id { get; init; } = "";
    public string topology { get; init; } = "";
    public string topology_version { get; init; } = "";
    public string digest { get; init; } = "";
    public int state { get; init; }
    public string? reason { get; init; }
    public long? committed_at { get; init; }
    public long messages_in { get; init; }
    public long rows_out { get; init; }
    public long dead_letters { get; init; }
    public long not_selected { get; init; }
    public long frames_out { get; init; }
    public int loss_count { get; init; }

    public RecordingRunEntry ToEntry() => new()
    {
        Topology = topology,
        TopologyVersion = topology_version,
        Digest = digest,
        State = (RecordingState)state,
        Reason = reason,
        CommittedAt = committed_at is { } committed ? UnixMicros.ToTime(committed) : null,
        MessagesIn = messages_in,
        RowsOut = rows_out,
        DeadLetters = dead_letters,
        NotSelected = not_selected,
        FramesOut = frames_out,
        LossCount = loss_count,
    };
}

/// <summary>What decides whether an active topology reads a recording.</summary>
internal sealed class ActiveTopologyRow
{
    public string name { get; init; } = "";
    public long version { get; init; }
    public long from_earliest { get; init; }
    public long applied_at { get; init; }

    public string VersionText => version.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public bool Reads(long acceptedAt) => from_earliest != 0 || applied_at <= acceptedAt;
}

/// <summary>A row of <c>run_losses</c>.</summary>
internal sealed class LossRow
{
    public string code { get; init; } = "";
    public long offset { get; init; }
    public long bytes { get; init; }
    public string expected { get; init; } = "";
    public string found { get; init; } = "";
}

/// <summary>A row of <c>run_channels</c>.</summary>
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

/// <summary>A row of <c>run_inputs</c>.</summary>
internal sealed class InputRow
{
    public string group_name { get; init; } = "";
    public string input { get; init; } = "";
    public string channel { get; init; } = "";
    public long frames { get; init; }
    public long samples { get; init; }
    public long used_samples { get; init; }
    public long matched { get; init; }
    public long interpolated { get; init; }
    public long ambiguous { get; init; }
    public long max_match_error_ns { get; init; }
    public long mean_match_error_ns { get; init; }
    public string missing { get; init; } = "";
    public string unmatched { get; init; } = "";

    public RecordingInputEntry ToEntry() => new(
        group_name, input, channel, frames, samples, used_samples, matched, interpolated, ambiguous, max_match_error_ns, mean_match_error_ns, Counts(missing), Counts(unmatched));

    private static SortedDictionary<string, long> Counts(string json) =>
        new(JsonSerializer.Deserialize<Dictionary<string, long>>(json) ?? [], StringComparer.Ordinal);
}
