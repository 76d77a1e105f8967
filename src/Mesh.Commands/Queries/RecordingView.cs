using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Queries;

/// <summary>A recording as users see it.</summary>
public sealed record RecordingView(
    string IngestId, string VehicleId, string Session, string FileName, long SizeBytes, string State, string? Reason,
    DateTimeOffset AcceptedAt, DateTimeOffset? CommittedAt, DateTimeOffset? LandingDeletedAt, int Duplicates,
    int LossCount, long MessagesIn, long RowsOut, long DeadLetters, long NotSelected, long FramesOut,
    IReadOnlyList<DataLoss> Losses, IReadOnlyList<RecordingChannelEntry> Channels, IReadOnlyList<string> Tables)
{
    /// <summary>Makes the view of an entry.</summary>
    public static RecordingView Of(RecordingEntry entry) => new(
        entry.IngestId.ToString(), entry.VehicleId, entry.Session, entry.FileName, entry.SizeBytes, entry.State.ToString().ToLowerInvariant(), entry.Reason,
        entry.AcceptedAt, entry.CommittedAt, entry.LandingDeletedAt, entry.Duplicates,
        Math.Max(entry.LossCount, entry.Losses.Count), entry.MessagesIn, entry.RowsOut, entry.DeadLetters, entry.NotSelected, entry.FramesOut, entry.Losses, entry.Channels, entry.Tables);
}
