using Mesh.Lakehouse.Metadata;

namespace Mesh.Trigger;

/// <summary>Which decisions of trigger rules are asked for, in their order; what is null does not matter.</summary>
public sealed record TriggerDecisionQuery : PageQuery
{
    /// <summary>In the rule, the product or the reason, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>Rule, exactly.</summary>
    public string? Rule { get; init; }

    /// <summary>Product, exactly.</summary>
    public string? Product { get; init; }

    /// <summary>Outcome, exactly; see <see cref="TriggerDecision.Outcome"/>.</summary>
    public string? Outcome { get; init; }

    /// <summary>Taken at or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Taken before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The newest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
