namespace Mesh.Storage;

/// <summary>An object being written. Disposing without <see cref="CompleteAsync"/> leaves no object behind.</summary>
public abstract class ObjectWriter : IAsyncDisposable
{
    /// <summary>Takes the bytes in order.</summary>
    public abstract Stream Stream { get; }

    /// <summary>Bytes taken so far; after <see cref="CompleteAsync"/> the size of the object.</summary>
    public virtual long BytesWritten => Stream.Position;

    /// <summary>Makes the object durable and visible under its key.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8002</c> when it exists and must not be replaced.</exception>
    public abstract ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
