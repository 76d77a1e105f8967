namespace Mesh.Trigger;

/// <summary>How rules are evaluated.</summary>
public sealed record TriggerOptions
{
    /// <summary>How long decisions are kept (default: 90 days); the firings stay.</summary>
    public TimeSpan KeepDecisions { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long a snapshot waits for the one before it to be told (default: one minute); then it counts without.</summary>
    public TimeSpan MaxGap { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a firing that nobody has taken as a job holds the rule back (default: one day).</summary>
    public TimeSpan MaxUnanswered { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often a rule that waits for its job is looked at (default: one second).</summary>
    public TimeSpan JobPoll { get; init; } = TimeSpan.FromSeconds(1);
}
