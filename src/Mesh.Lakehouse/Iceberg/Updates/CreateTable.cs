using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Iceberg.Updates;

/// <summary>What another engine asks a new table to be; its ids only tie the parts of the request together.</summary>
internal sealed record CreateTable
{
    public required TableSchema Schema { get; init; }

    public IReadOnlyList<UnboundPartitionField> PartitionFields { get; init; } = [];

    public IReadOnlyList<SortField> SortFields { get; init; } = [];

    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Where; null leaves it to the catalogue.</summary>
    public string? Location { get; init; }
}
