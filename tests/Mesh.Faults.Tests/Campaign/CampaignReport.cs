using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>A run for whoever wants to know, and the seed to have it again.</summary>
internal sealed record CampaignReport
{
    private const int MaxFindingsShown = 50;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public required int Seed { get; init; }

    public required string Setting { get; init; }

    public required double Seconds { get; init; }

    public required int Attempted { get; init; }

    public required int Acknowledged { get; init; }

    public required long Rows { get; init; }

    public required int Firings { get; init; }

    public required int ServerLives { get; init; }

    public required double PeakMiB { get; init; }

    public required double SlowestProbeSeconds { get; init; }

    /// <summary>What really happened, by kind.</summary>
    public required IReadOnlyDictionary<string, int> Occurred { get; init; }

    /// <summary>By invariant what was found; nothing where it held.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Invariants { get; init; }

    public required IReadOnlyList<TimelineEntry> Timeline { get; init; }

    public static CampaignReport Of(int seed, string setting, double seconds, Evidence evidence, IReadOnlyList<Finding> findings, IReadOnlyList<TimelineEntry> timeline) => new()
    {
        Seed = seed,
        Setting = setting,
        Seconds = Math.Round(seconds, 1),
        Attempted = evidence.Attempted.Count,
        Acknowledged = evidence.Acknowledged.Count,
        Rows = evidence.Rows.Count,
        Firings = evidence.Firings.Count,
        ServerLives = evidence.PeakBytes.Count,
        PeakMiB = evidence.PeakBytes.DefaultIfEmpty().Max() >> 20,
        SlowestProbeSeconds = Math.Round(evidence.Liveness.Select(probe => probe.Took.TotalSeconds).DefaultIfEmpty().Max(), 1),
        Occurred = evidence.Occurred,
        Invariants = Enum.GetValues<Invariant>().ToDictionary(
            invariant => JsonNamingPolicy.SnakeCaseLower.ConvertName(invariant.ToString()),
            invariant => (IReadOnlyList<string>)[.. findings.Where(finding => finding.Invariant == invariant).Select(finding => finding.What).Take(MaxFindingsShown)]),
        Timeline = timeline,
    };

    public override string ToString() => JsonSerializer.Serialize(this, Json);
}
