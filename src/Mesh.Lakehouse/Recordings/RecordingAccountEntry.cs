using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>The closed account of one attempt at a recording: in = rows + dead letters + not selected.</summary>
public sealed record RecordingAccountEntry(
    long MessagesIn, long RowsOut, long DeadLetters, long NotSelected, long FramesOut,
    IReadOnlyList<DataLoss> Losses, IReadOnlyList<RecordingChannelEntry> Channels, IReadOnlyList<string> Tables,
    string Topology, string TopologyVersion);
