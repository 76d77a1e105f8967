using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Replay;

/// <summary>A store whose objects are read no faster than a rate allows; everything else is as it is.</summary>
internal sealed class ThrottledObjectStore(IObjectStore store, ByteRate rate) : IObjectStore
{
    public string RootUri => store.RootUri;

    public ObjectStoreCapabilities Capabilities => store.Capabilities;

    public string UriOf(string key) => store.UriOf(key);

    public string KeyOf(string uri) => store.KeyOf(uri);

    public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken) => store.CreateAsync(key, mode, cancellationToken);

    public ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken) => store.PutAsync(key, content, mode, cancellationToken);

    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken) => store.ImportFileAsync(path, key, cancellationToken);

    public async ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken) =>
        new ThrottledSource(await store.OpenAsync(key, cancellationToken).ConfigureAwait(false), rate);

    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken) => store.GetSizeAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => store.ListAsync(prefix, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => store.DeleteAsync(key, cancellationToken);

    private sealed class ThrottledSource(IByteSource source, ByteRate rate) : IByteSource
    {
        public long Length => source.Length;

        public string Name => source.Name;

        public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await rate.TakeAsync(Math.Clamp(source.Length - offset, 0, buffer.Length), cancellationToken).ConfigureAwait(false);
            return await source.ReadAtAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        }

        public ValueTask DisposeAsync() => source.DisposeAsync();
    }
}
