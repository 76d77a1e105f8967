using Mesh.Columnar;

namespace Mesh.Commands.Queries;

/// <summary>
/// What the snapshots of a product added, oldest first, all under one schema: the one that was current at the beginning. When the schema changes
/// while they are read, they end before the first snapshot that would be read under the new one; ask again after the last one seen.
/// </summary>
/// <param name="schema">Columns of every batch.</param>
/// <param name="batches">The batches; read once.</param>
/// <param name="owned">Disposed with this; null for none.</param>
public sealed class ProductBatches(Schema schema, IAsyncEnumerable<ProductBatch> batches, IAsyncDisposable? owned = null) : IAsyncDisposable
{
    /// <summary>Columns of every batch.</summary>
    public Schema Schema => schema;

    /// <summary>The batches; read once.</summary>
    public IAsyncEnumerable<ProductBatch> Batches => batches;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => owned?.DisposeAsync() ?? default;
}
