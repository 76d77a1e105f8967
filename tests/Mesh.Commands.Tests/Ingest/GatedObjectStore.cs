using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>A store in which some objects cannot be opened, and nothing can be written, until the gate opens.</summary>
internal sealed class GatedObjectStore(IObjectStore inner, Func<string, bool> isGated, bool gatesWrites = false) : IObjectStore
{
    private readonly TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int waiting;

    /// <summary>Callers that wait before the gate.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    public string RootUri => inner.RootUri;

    public void Open() => gate.TrySetResult();

    public string UriOf(string key) => inner.UriOf(key);

    public string KeyOf(string uri) => inner.KeyOf(uri);

    public async ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken)
    {
        if (gatesWrites && isGated(key)) await WaitAsync(cancellationToken);
        return await inner.CreateAsync(key, mode, cancellationToken);
    }

    public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken) =>
        inner.PutAsync(key, content, mode, cancellationToken);

    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken) => inner.ImportFileAsync(path, key, cancellationToken);

    public async ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken)
    {
        if (!gatesWrites && isGated(key)) await WaitAsync(cancellationToken);
        return await inner.OpenAsync(key, cancellationToken);
    }

    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) => inner.GetSizeAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await gate.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }
}
