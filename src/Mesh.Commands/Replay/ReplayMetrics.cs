using System.Diagnostics.Metrics;

namespace Mesh.Commands.Replay;

/// <summary>Meter <c>Mesh.Replay</c>.</summary>
internal sealed class ReplayMetrics : IDisposable
{
    private readonly Meter meter = new("Mesh.Replay");
    private readonly Counter<long> recordings;
    private readonly Counter<long> bytes;
    private readonly Counter<long> rows;

    public ReplayMetrics()
    {
        recordings = meter.CreateCounter<long>("mesh.replay.recordings", "{recording}", "Recordings that a replay has finished.");
        bytes = meter.CreateCounter<long>("mesh.replay.bytes", "By", "Bytes of those recordings.");
        rows = meter.CreateCounter<long>("mesh.replay.rows", "{row}", "Rows that replays brought into tables.");
    }

    public void Add(ReplayItem item, long rowsAdded, bool failed)
    {
        var topology = new KeyValuePair<string, object?>("mesh.topology", item.Topology);
        recordings.Add(1, topology, new KeyValuePair<string, object?>("outcome", failed ? "failed" : "done"));
        bytes.Add(item.SizeBytes, topology);
        if (rowsAdded > 0) rows.Add(rowsAdded, topology);
    }

    public void Dispose() => meter.Dispose();
}
