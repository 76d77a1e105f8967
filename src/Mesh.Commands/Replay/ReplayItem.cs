namespace Mesh.Commands.Replay;

/// <summary>One recording of a replay.</summary>
/// <param name="Ordinal">Place in the replay, from 0.</param>
/// <param name="IngestId">The recording.</param>
/// <param name="Topology">Topology of the run that gets its rows.</param>
/// <param name="TopologyVersion">Its version.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Mode">How it is replayed.</param>
/// <param name="State">Where it is.</param>
/// <param name="Rows">Rows that it brought, once it is done.</param>
/// <param name="Error">Why it failed, or what is left of it; empty for nothing.</param>
public sealed record ReplayItem(
    int Ordinal, string IngestId, string Topology, string TopologyVersion, long SizeBytes, ReplayItemMode Mode, ReplayItemState State = ReplayItemState.Pending, long Rows = 0,
    string Error = "");
