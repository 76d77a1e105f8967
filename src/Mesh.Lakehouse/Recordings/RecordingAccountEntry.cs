using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>The closed account of one attempt at a run: in = rows + dead letters + not selected.</summary>
public sealed record RecordingAccountEntry(
    long MessagesIn, long RowsOut, long DeadLetters, long NotSelected, long FramesOut,
    IReadOnlyList<DataLoss> Losses, IReadOnlyList<RecordingChannelEntry> Channels, IReadOnlyList<string> Tables,
    string Topology, string TopologyVersion)
{
    /// <summary>Digest of the topology's text; empty when it is not known.</summary>
    public string Digest { get; init; } = "";

    /// <summary>What became of the inputs of synchronised groups.</summary>
    public IReadOnlyList<RecordingInputEntry> Synchronised { get; init; } = [];

    /// <summary>Earliest log time of a row, nanoseconds; 0 without rows.</summary>
    public long MinLogTimeNs { get; init; }

    /// <summary>Latest.</summary>
    public long MaxLogTimeNs { get; init; }
}
