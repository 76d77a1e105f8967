using Mesh.Commands.Observability;
using Mesh.Commands.Queries;

namespace Mesh.Commands.Live;

/// <summary>What a server measures of itself, at a moment.</summary>
/// <param name="At">When.</param>
/// <param name="Stages">The stages.</param>
/// <param name="Health">How the server is; null before the first examination.</param>
/// <param name="Recordings">Recordings by state.</param>
/// <param name="OpenLetters">Dead letters that nothing has been done about.</param>
/// <param name="TopicRecords">Records by topic; empty with a cluster of others.</param>
/// <param name="Lags">Events that a group of Mesh has not finished, by group and topic.</param>
/// <param name="Meters">Values of meters, summed over what they tell apart but the topology: name → topology (empty for none) → value.</param>
/// <param name="FreeDiskBytes">Free space of the state directory's disk.</param>
public sealed record LiveFacts(
    DateTimeOffset At, IReadOnlyList<StageView> Stages, HealthReport? Health, IReadOnlyDictionary<string, long> Recordings, long OpenLetters,
    IReadOnlyDictionary<string, long> TopicRecords, IReadOnlyDictionary<(string Group, string Topic), long> Lags,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Meters, long FreeDiskBytes)
{
    /// <summary>A meter's value over all topologies; 0 when it has none.</summary>
    public double Meter(string name) => Meters.TryGetValue(name, out var values) ? values.Values.Sum() : 0;
}
