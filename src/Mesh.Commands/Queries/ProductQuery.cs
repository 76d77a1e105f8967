using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Queries;

/// <summary>Which data products are asked for; what is null does not matter.</summary>
public sealed record ProductQuery : PageQuery
{
    /// <summary>In the name or the table, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>Namespace of the table, exactly.</summary>
    public string? Namespace { get; init; }

    /// <summary>What to sort by (default: the name).</summary>
    public ProductSort Sort { get; init; }

    /// <summary>The greatest first (default: false).</summary>
    public bool Descending { get; init; }
}
