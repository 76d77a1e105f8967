using Mesh.Lakehouse.Metadata;

namespace Mesh.Lakehouse.Recordings;

/// <summary>Which vehicles are asked for.</summary>
public sealed record VehicleQuery : PageQuery
{
    /// <summary>In the pseudonym, whatever its capitals; null for all.</summary>
    public string? Text { get; init; }

    /// <summary>What to sort by (default: the last upload).</summary>
    public VehicleSort Sort { get; init; }

    /// <summary>The greatest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
