using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Catalogue.Tests;

/// <summary>A store whose disk is full for a while.</summary>
internal sealed class FlakyObjectStore(IObjectStore inner) : IObjectStore
{
    private int failures;

    /// <summary>How often it has failed.</summary>
    public int Failed { get; private set; }

    public void FailNextWrites(int count) => failures = count;

    public string RootUri => inner.RootUri;

    public string UriOf(string key) => inner.UriOf(key);

    public string KeyOf(string uri) => inner.KeyOf(uri);

    public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken)
    {
        Trouble();
        return inner.CreateAsync(key, mode, cancellationToken);
    }

    public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken)
    {
        Trouble();
        return inner.PutAsync(key, content, mode, cancellationToken);
    }

    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken) => inner.ImportFileAsync(path, key, cancellationToken);

    public ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) => inner.GetSizeAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    private void Trouble()
    {
        if (Interlocked.Decrement(ref failures) < 0) return;
        Failed++;
        throw new IOException("No space left on device");
    }
}
