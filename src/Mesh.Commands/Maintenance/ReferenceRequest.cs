using Mesh.Lakehouse.Iceberg;

namespace Mesh.Commands.Maintenance;

/// <summary>A branch or tag of one table to create, move or drop, as a command or over HTTP.</summary>
public sealed record ReferenceRequest
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Branch or tag; without meaning when it is dropped.</summary>
    public SnapshotRefType Type { get; init; } = SnapshotRefType.Tag;

    /// <summary>Snapshot id, branch or tag that it is to name; null for the current snapshot. Without meaning when it is dropped.</summary>
    public string? At { get; init; }

    /// <summary>Age in seconds of its snapshot from which expiry drops the reference itself; null for the table's default. Without meaning when it is dropped.</summary>
    public double? KeepSeconds { get; init; }
}
