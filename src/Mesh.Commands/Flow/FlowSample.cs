namespace Mesh.Commands.Flow;

/// <summary>What was measured at a moment.</summary>
/// <param name="At">When.</param>
/// <param name="Ends">Sum of the next offsets of a topic's partitions.</param>
/// <param name="Records">Records by topic.</param>
/// <param name="Bytes">Bytes by topic; empty with a cluster of others.</param>
/// <param name="Committed">Sum of the offsets a group reads next in a topic.</param>
/// <param name="Lags">Records of a topic that a group has not finished.</param>
/// <param name="Metrics">Counters and gauges by name and topology.</param>
internal sealed record FlowSample(
    DateTimeOffset At, IReadOnlyDictionary<string, long> Ends, IReadOnlyDictionary<string, long> Records, IReadOnlyDictionary<string, long> Bytes,
    IReadOnlyDictionary<(string Group, string Topic), long> Committed, IReadOnlyDictionary<(string Group, string Topic), long> Lags,
    IReadOnlyDictionary<(string Metric, string Topology), double> Metrics);
