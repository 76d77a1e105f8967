namespace Mesh.Lakehouse.Metadata;

/// <summary>A duty that one process at a time has; disposing gives it up.</summary>
public abstract class MetadataLease : IAsyncDisposable
{
    private protected MetadataLease()
    {
    }

    /// <summary>Makes sure that no other process has taken the duty over.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8203</c> (transient) when the connection that held it is gone, and with it the duty.</exception>
    public abstract ValueTask ConfirmAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
