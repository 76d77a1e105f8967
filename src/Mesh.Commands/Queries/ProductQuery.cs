using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Queries;

/// <summary>Which data products are asked for; what is null does not matter.</summary>
public sealed record ProductQuery : PageQuery
{
    /// <summary>In the name or the table, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>Namespace of the table, exactly.</summary>
    public string? Namespace { get; init; }

    /// <summary>Owner of the topology that names it, exactly.</summary>
    public string? Owner { get; init; }

    /// <summary>Whether it is later than its topology allows; one without a limit is never late.</summary>
    public bool? IsLate { get; init; }

    /// <summary>Current snapshot committed at or after.</summary>
    public DateTimeOffset? UpdatedFrom { get; init; }

    /// <summary>Current snapshot committed before.</summary>
    public DateTimeOffset? UpdatedTo { get; init; }

    /// <summary>Whether there is a current snapshot.</summary>
    public bool? HasSnapshot { get; init; }

    /// <summary>What to sort by (default: the name).</summary>
    public ProductSort Sort { get; init; }

    /// <summary>The greatest first (default: false).</summary>
    public bool Descending { get; init; }
}
