using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Checks what the writer's options say about columns.</summary>
internal static class WriterChecks
{
    /// <summary>The order of the rows by leaf.</summary>
    /// <exception cref="MeshException"><c>MESH10920</c>: a column is named that the schema does not have.</exception>
    public static IReadOnlyList<SortingColumn> Resolve(ParquetWriterOptions options, IReadOnlyList<ParquetNode> leaves)
    {
        if (options.DataPageVersion is not (1 or 2)) throw new ArgumentOutOfRangeException(nameof(options), options.DataPageVersion, "Data pages have version 1 or 2.");
        var byPath = new Dictionary<string, ParquetNode>();
        foreach (var leaf in leaves) byPath.TryAdd(leaf.Name, leaf);
        foreach (string path in options.Encodings.Keys.Concat(options.BloomFilterColumns)) Require(path);
        var filtered = leaves.FirstOrDefault(leaf => leaf.PhysicalType == PhysicalType.Boolean && options.BloomFilterColumns.Contains(leaf.Name));
        if (filtered is not null) throw new MeshException("MESH10920", $"Column '{filtered.Name}' holds truth values, for which there is no Bloom filter. Take it out of the writer's options.");
        return [.. options.SortedBy.Select(path => new SortingColumn(Require(path).LeafIndex, IsDescending: false, NullsFirst: true))];

        ParquetNode Require(string path) => byPath.TryGetValue(path, out var leaf) ? leaf : throw new MeshException(
            "MESH10920",
            $"The options of the Parquet writer name a column '{path}', which the schema does not have; its columns are {string.Join(", ", byPath.Keys.Take(20))}. Correct the name.");
    }
}
