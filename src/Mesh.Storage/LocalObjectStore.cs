using Mesh.Model;

namespace Mesh.Storage;

/// <summary>A folder as an object store. Puts go to a temporary file in the same folder tree, are flushed, then renamed.</summary>
public sealed class LocalObjectStore : IObjectStore
{
    /// <param name="root">Folder; created when absent.</param>
    public LocalObjectStore(string root) => throw new NotSupportedException();

    /// <inheritdoc/>
    public string RootUri => throw new NotSupportedException();

    /// <inheritdoc/>
    public string UriOf(string key) => throw new NotSupportedException();

    /// <inheritdoc/>
    public string KeyOf(string uri) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();
}
