using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Tests.Maintenance;

/// <summary>A store in which something happens once, just before a manifest list is opened.</summary>
internal sealed class InterruptedStore(IObjectStore inner, Func<Task> interruption) : IObjectStore
{
    private bool interrupted;

    public string RootUri => inner.RootUri;

    public string UriOf(string key) => inner.UriOf(key);

    public string KeyOf(string uri) => inner.KeyOf(uri);

    public async ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken)
    {
        if (!interrupted && key.Contains("/snap-", StringComparison.Ordinal))
        {
            interrupted = true;
            await interruption();
        }

        return await inner.OpenAsync(key, cancellationToken);
    }

    public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken) => inner.CreateAsync(key, mode, cancellationToken);

    public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken) => inner.PutAsync(key, content, mode, cancellationToken);

    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken) => inner.ImportFileAsync(path, key, cancellationToken);

    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) => inner.GetSizeAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
}
