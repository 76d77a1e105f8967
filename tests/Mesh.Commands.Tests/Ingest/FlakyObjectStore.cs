using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>A store whose first writes fail, as a store that is away for a moment does.</summary>
internal sealed class FlakyObjectStore(IObjectStore inner, int failures, bool transient) : IObjectStore
{
    private int remaining = failures;

    public string RootUri => inner.RootUri;

    public string UriOf(string key) => inner.UriOf(key);

    public string KeyOf(string uri) => inner.KeyOf(uri);

    public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken)
    {
        if (Interlocked.Decrement(ref remaining) >= 0) throw new MeshException("MESH8099", "The store is away.", transient);
        return inner.CreateAsync(key, mode, cancellationToken);
    }

    public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken) =>
        inner.PutAsync(key, content, mode, cancellationToken);

    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken) => inner.ImportFileAsync(path, key, cancellationToken);

    public ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) => inner.GetSizeAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
}
