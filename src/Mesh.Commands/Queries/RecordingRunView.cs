using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Queries;

/// <summary>What became of a recording in one topology version, as users see it.</summary>
public sealed record RecordingRunView(
    string Topology, string TopologyVersion, string Digest, string State, string? Reason, DateTimeOffset? CommittedAt,
    long MessagesIn, long RowsOut, long DeadLetters, long NotSelected, long FramesOut, int LossCount,
    IReadOnlyList<DataLoss> Losses, IReadOnlyList<RecordingChannelEntry> Channels, IReadOnlyList<string> Tables)
{
    /// <summary>What became of the inputs of synchronised groups.</summary>
    public IReadOnlyList<RecordingInputEntry> Synchronised { get; init; } = [];

    /// <summary>Makes the view of an entry.</summary>
    public static RecordingRunView Of(RecordingRunEntry entry) => new(
        entry.Topology, entry.TopologyVersion, entry.Digest, entry.State.ToString().ToLowerInvariant(), entry.Reason, entry.CommittedAt,
        entry.MessagesIn, entry.RowsOut, entry.DeadLetters, entry.NotSelected, entry.FramesOut, entry.LossCount, entry.Losses, entry.Channels, entry.Tables) { Synchronised = entry.Synchronised };
}
