using Mesh.Model;

namespace Mesh.Storage;

/// <summary>
/// Objects under one root. Keys are relative, with <c>/</c> between segments; neither <c>..</c> nor an absolute key is accepted.
/// An object becomes visible complete or not at all.
/// </summary>
public interface IObjectStore
{
    /// <summary>Absolute URI of the root, without a trailing slash (<c>file:///var/mesh/lake</c>).</summary>
    string RootUri { get; }

    /// <summary>Absolute URI of a key.</summary>
    string UriOf(string key);

    /// <summary>Key of an absolute URI under this root.</summary>
    /// <exception cref="MeshException"><c>MESH8001</c> when the URI lies outside.</exception>
    string KeyOf(string uri);

    /// <summary>Begins an object; its bytes become visible when the writer is completed.</summary>
    /// <param name="key">Where.</param>
    /// <param name="mode">Whether an existing object may be replaced.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken);

    /// <summary>Writes a small object in one go.</summary>
    /// <exception cref="MeshException"><c>MESH8002</c> when it exists and <paramref name="mode"/> is <see cref="PutMode.IfAbsent"/>.</exception>
    ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken);

    /// <summary>
    /// Makes an object of a local file, which stays where it is. Durable when this returns; a repeat with the same file changes nothing.
    /// </summary>
    ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken);

    /// <summary>Opens an object for reading.</summary>
    /// <exception cref="MeshException"><c>MESH8003</c> when there is none.</exception>
    ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>Size of an object in bytes; null when there is none.</summary>
    ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken);

    /// <summary>Objects whose key begins with <paramref name="prefix"/>, in key order.</summary>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes an object; nothing happens when there is none.</summary>
    ValueTask DeleteAsync(string key, CancellationToken cancellationToken);
}
