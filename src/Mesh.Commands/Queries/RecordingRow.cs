using Mesh.Lakehouse.Recordings;

namespace Mesh.Commands.Queries;

/// <summary>A recording in a list: figures only. <see cref="RecordingView"/> has its channels and losses.</summary>
/// <param name="IngestId">Identity.</param>
/// <param name="VehicleId">Pseudonym of the vehicle.</param>
/// <param name="Session">The producer's name for the drive.</param>
/// <param name="FileName">The producer's name for the file.</param>
/// <param name="SizeBytes">Size of the recording.</param>
/// <param name="State"><c>accepted</c>, <c>written</c>, <c>committed</c> or <c>deadlettered</c>.</param>
/// <param name="Reason">Why, when it is dead-lettered.</param>
/// <param name="AcceptedAt">When it became durable.</param>
/// <param name="CommittedAt">When the last table had it.</param>
/// <param name="LandingDeletedAt">When retention deleted the recording itself.</param>
/// <param name="Duplicates">Uploads of the same bytes that were answered as duplicates.</param>
/// <param name="Losses">Places where damage was found.</param>
/// <param name="MessagesIn">Messages read, once per topology.</param>
/// <param name="RowsOut">Rows in message tables.</param>
/// <param name="DeadLetters">Messages in dead letters.</param>
/// <param name="NotSelected">Messages on channels that a topology does not ask for.</param>
/// <param name="FramesOut">Rows in synchronised tables.</param>
/// <param name="StartedAt">Log time of its first row; null when it has none.</param>
/// <param name="DurationSeconds">From its first row to its last; null when it has none.</param>
public sealed record RecordingRow(
    string IngestId, string VehicleId, string Session, string FileName, long SizeBytes, string State, string? Reason, DateTimeOffset AcceptedAt, DateTimeOffset? CommittedAt,
    DateTimeOffset? LandingDeletedAt, int Duplicates, int Losses, long MessagesIn, long RowsOut, long DeadLetters, long NotSelected, long FramesOut,
    DateTimeOffset? StartedAt, double? DurationSeconds)
{
    /// <summary>Makes the row of an entry.</summary>
    public static RecordingRow Of(RecordingListEntry entry) => new(
        entry.IngestId, entry.VehicleId, entry.Session, entry.FileName, entry.SizeBytes, entry.State.ToString().ToLowerInvariant(), entry.Reason, entry.AcceptedAt, entry.CommittedAt,
        entry.LandingDeletedAt, entry.Duplicates, entry.LossCount, entry.MessagesIn, entry.RowsOut, entry.DeadLetters, entry.NotSelected, entry.FramesOut,
        entry.MinLogTimeNs is { } start ? DateTimeOffset.UnixEpoch.AddTicks(start / 100) : null,
        entry.MaxLogTimeNs - entry.MinLogTimeNs is { } span ? span / 1e9 : null);
}
