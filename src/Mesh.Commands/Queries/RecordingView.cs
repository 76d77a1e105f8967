using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Queries;

/// <summary>A recording as users see it. Figures are sums over <see cref="Runs"/>.</summary>
public sealed record RecordingView(
    string IngestId, string VehicleId, string Session, string FileName, long SizeBytes, string State, string? Reason,
    DateTimeOffset AcceptedAt, DateTimeOffset? CommittedAt, DateTimeOffset? LandingDeletedAt, int Duplicates,
    int LossCount, long MessagesIn, long RowsOut, long DeadLetters, long NotSelected, long FramesOut,
    IReadOnlyList<DataLoss> Losses, IReadOnlyList<RecordingChannelEntry> Channels, IReadOnlyList<string> Tables)
{
    /// <summary>What became of it in each topology version.</summary>
    public IReadOnlyList<RecordingRunView> Runs { get; init; } = [];

    /// <summary>Active topologies, <c>NAME@VERSION</c>, that will read it and have not begun.</summary>
    public IReadOnlyList<string> Awaited { get; init; } = [];

    /// <summary>Makes the view of an entry.</summary>
    public static RecordingView Of(RecordingEntry entry) => new(
        entry.IngestId.ToString(), entry.VehicleId, entry.Session, entry.FileName, entry.SizeBytes, entry.State.ToString().ToLowerInvariant(), entry.Reason,
        entry.AcceptedAt, entry.CommittedAt, entry.LandingDeletedAt, entry.Duplicates,
        entry.LossCount, entry.MessagesIn, entry.RowsOut, entry.DeadLetters, entry.NotSelected, entry.FramesOut, entry.Losses, entry.Channels, entry.Tables)
    {
        Runs = [.. entry.Runs.Select(RecordingRunView.Of)],
        Awaited = entry.Awaited,
    };
}
