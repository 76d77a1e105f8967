using System.Diagnostics;
using System.Runtime.CompilerServices;
using Mesh.Model;

namespace Mesh.Storage;

/// <summary>Measures what is asked of a store (meter <c>Mesh.Storage</c>) and remembers how its last write ended. Otherwise the store itself.</summary>
/// <param name="inner">The store.</param>
/// <param name="name">What the store is for, as an attribute: <c>lake</c>, <c>landing</c> or <c>experiments</c>.</param>
/// <param name="time">Clock.</param>
public sealed class MeteredObjectStore(IObjectStore inner, string name, TimeProvider time) : IObjectStore, IDisposable
{
    private volatile WriteResult? lastWrite;

    /// <summary>What it is for.</summary>
    public string Name => name;

    /// <summary>The store itself.</summary>
    public IObjectStore Inner => inner;

    /// <summary>When the last write ended and what it failed with, null when it did not; null before the first.</summary>
    public (DateTimeOffset At, Exception? Failure)? LastWrite => lastWrite is { } last ? (last.At, last.Failure) : null;

    /// <inheritdoc/>
    public string RootUri => inner.RootUri;

    /// <inheritdoc/>
    public ObjectStoreCapabilities Capabilities => inner.Capabilities;

    /// <inheritdoc/>
    public string UriOf(string key) => inner.UriOf(key);

    /// <inheritdoc/>
    public string KeyOf(string uri) => inner.KeyOf(uri);

    /// <inheritdoc/>
    public async ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            return new MeteredWriter(this, await inner.CreateAsync(key, mode, cancellationToken).ConfigureAwait(false), started);
        }
        catch (Exception exception)
        {
            NoteWrite("write", started, exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken)
    {
        await MeasureAsync("put", isWrite: true, async () =>
        {
            await inner.PutAsync(key, content, mode, cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        StorageMetrics.AddWritten(name, content.Length);
    }

    /// <inheritdoc/>
    public async ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken)
    {
        await MeasureAsync("import", isWrite: true, async () =>
        {
            await inner.ImportFileAsync(path, key, cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        StorageMetrics.AddWritten(name, new FileInfo(path).Length);
    }

    /// <inheritdoc/>
    public ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken) => MeasureAsync<IByteSource>(
        "open", isWrite: false, async () => new MeteredSource(name, await inner.OpenAsync(key, cancellationToken).ConfigureAwait(false)));

    /// <inheritdoc/>
    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) =>
        MeasureAsync("head", isWrite: false, () => inner.GetSizeAsync(key, cancellationToken));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await foreach (var entry in inner.ListAsync(prefix, cancellationToken).ConfigureAwait(false)) yield return entry;
        StorageMetrics.Record(name, "list", started, null);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => await MeasureAsync("delete", isWrite: false, async () =>
    {
        await inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        return true;
    }).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask SetTagsAsync(string key, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        inner.SetTagsAsync(key, tags, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, CancellationToken cancellationToken) => inner.GetTagsAsync(key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetStorageClassAsync(string key, string storageClass, CancellationToken cancellationToken) =>
        inner.SetStorageClassAsync(key, storageClass, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LifecycleRule>> GetLifecycleAsync(CancellationToken cancellationToken) => inner.GetLifecycleAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetLifecycleAsync(IReadOnlyList<LifecycleRule> rules, CancellationToken cancellationToken) => inner.SetLifecycleAsync(rules, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => (inner as IDisposable)?.Dispose();

    private async ValueTask<T> MeasureAsync<T>(string operation, bool isWrite, Func<ValueTask<T>> request)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            var result = await request().ConfigureAwait(false);
            if (isWrite) NoteWrite(operation, started, null);
            else StorageMetrics.Record(name, operation, started, null);
            return result;
        }
        catch (Exception exception)
        {
            if (isWrite) NoteWrite(operation, started, exception);
            else StorageMetrics.Record(name, operation, started, exception);
            throw;
        }
    }

    // That an object is there already is an answer, and being stopped says nothing of the store.
    private void NoteWrite(string operation, long started, Exception? failure)
    {
        if (failure is OperationCanceledException) return;
        StorageMetrics.Record(name, operation, started, failure);
        lastWrite = new WriteResult(time.GetUtcNow(), failure is MeshException { Code: "MESH8002" } ? null : failure);
    }

    private sealed record WriteResult(DateTimeOffset At, Exception? Failure);

    private sealed class MeteredWriter(MeteredObjectStore store, ObjectWriter writer, long started) : ObjectWriter
    {
        public override Stream Stream => writer.Stream;

        public override long BytesWritten => writer.BytesWritten;

        public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            try
            {
                await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                store.NoteWrite("write", started, exception);
                throw;
            }

            store.NoteWrite("write", started, null);
            StorageMetrics.AddWritten(store.Name, writer.BytesWritten);
        }

        public override ValueTask DisposeAsync() => writer.DisposeAsync();
    }

    private sealed class MeteredSource(string store, IByteSource source) : IByteSource
    {
        public long Length => source.Length;

        public string Name => source.Name;

        public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            long started = Stopwatch.GetTimestamp();
            try
            {
                int read = await source.ReadAtAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
                StorageMetrics.Record(store, "read", started, null);
                StorageMetrics.AddRead(store, read);
                return read;
            }
            catch (Exception exception)
            {
                StorageMetrics.Record(store, "read", started, exception);
                throw;
            }
        }

        public ValueTask DisposeAsync() => source.DisposeAsync();
    }
}
