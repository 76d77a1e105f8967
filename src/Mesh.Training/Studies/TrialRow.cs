using System.Text.Json;
using Mesh.Model;
using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>A row of <c>study_trials</c> with its job.</summary>
internal sealed class TrialRow
{
    public string Study { get; init; } = "";
    public int Number { get; init; }
    public string State { get; init; } = "";
    public string Parameters { get; init; } = "";
    public long? Resource { get; init; }
    public double? Value { get; init; }
    public string? Reason { get; init; }
    public string TriggerId { get; init; } = "";
    public int Round { get; init; }
    public long HasEnded { get; init; }
    public double Seconds { get; init; }
    public long AskedAtUs { get; init; }
    public string? JobId { get; init; }
    public string? JobState { get; init; }
    public string? JobReason { get; init; }
    public int? JobAttempts { get; init; }
    public long? StartedAtUs { get; init; }
    public long? FinishedAtUs { get; init; }
    public int? ModelVersion { get; init; }

    public bool IsJobOver => JobState is "succeeded" or "failed" or "cancelled";

    public IReadOnlyDictionary<string, string> Values => JsonSerializer.Deserialize<Dictionary<string, string>>(Parameters)!;

    public SearchTrial ToSearchTrial(SearchSpace space, IReadOnlyList<TrialReport> reports) => new()
    {
        Number = Number,
        Point = space.Parse(Values),
        Resource = Resource,
        State = Enum.Parse<TrialState>(State, ignoreCase: true),
        Value = Value,
        Reports = reports,
        Reason = Reason,
    };

    public StudyTrial ToTrial(IReadOnlyList<TrialReport> reports, DateTimeOffset now) => new()
    {
        Number = Number,
        State = Enum.Parse<TrialState>(State, ignoreCase: true),
        Parameters = Values,
        Resource = Resource,
        Value = Value,
        Reports = reports,
        Reason = Reason,
        JobId = JobId,
        TriggerId = TriggerId,
        HasEnded = HasEnded != 0,
        AskedAt = UnixMicros.ToTime(AskedAtUs),
        Seconds = SecondsUntil(now),
    };

    /// <summary>Running time so far, of the last attempt; with what an earlier round has taken.</summary>
    public double SecondsUntil(DateTimeOffset now) => Seconds + (HasEnded != 0 || StartedAtUs is not { } started ? 0 : Math.Max(0, ((FinishedAtUs ?? UnixMicros.Of(now)) - started) / 1e6));
}
