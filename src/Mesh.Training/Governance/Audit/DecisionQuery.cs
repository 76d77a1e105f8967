using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Governance.Audit;

/// <summary>Which entries of the decision log are asked for, in the order of the log; what is null does not matter.</summary>
public sealed record DecisionQuery : PageQuery
{
    /// <summary>In the subject, the actor or anywhere in the entry, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>Subject, exactly; see <see cref="Decision.Subject"/>.</summary>
    public string? Subject { get; init; }

    /// <summary>Who decided, exactly.</summary>
    public string? Actor { get; init; }

    /// <summary>What was decided.</summary>
    public DecisionKind? Kind { get; init; }

    /// <summary>Taken at or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Taken before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The newest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
