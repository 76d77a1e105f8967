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

    /// <summary>What the store can do beyond reading and writing (default: nothing).</summary>
    ObjectStoreCapabilities Capabilities => ObjectStoreCapabilities.None;

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

    /// <summary>Replaces the tags of an object; an empty set removes them.</summary>
    /// <param name="key">An existing object.</param>
    /// <param name="tags">At most 10; names of up to 128 and values of up to 256 characters.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH8003</c> there is no such object; <c>MESH8004</c> the store has no tags.</exception>
    ValueTask SetTagsAsync(string key, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) => throw Lacks("tags");

    /// <summary>The tags of an object; empty when it has none.</summary>
    /// <exception cref="MeshException"><c>MESH8003</c> there is no such object; <c>MESH8004</c> the store has no tags.</exception>
    ValueTask<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, CancellationToken cancellationToken) => throw Lacks("tags");

    /// <summary>Moves an object to another storage class, such as <c>STANDARD_IA</c>; bytes, key and tags stay.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH8003</c> there is no such object; <c>MESH8004</c> the store has no storage classes, or not this one.
    /// </exception>
    ValueTask SetStorageClassAsync(string key, string storageClass, CancellationToken cancellationToken) => throw Lacks("storage classes");

    /// <summary>The lifecycle rules that <see cref="SetLifecycleAsync"/> has set under this root.</summary>
    /// <exception cref="MeshException"><c>MESH8004</c> the store has no lifecycle rules.</exception>
    ValueTask<IReadOnlyList<LifecycleRule>> GetLifecycleAsync(CancellationToken cancellationToken) => throw Lacks("lifecycle rules");

    /// <summary>Replaces the lifecycle rules under this root; rules that others have set stay. One caller at a time.</summary>
    /// <exception cref="MeshException"><c>MESH8004</c> the store has no lifecycle rules.</exception>
    ValueTask SetLifecycleAsync(IReadOnlyList<LifecycleRule> rules, CancellationToken cancellationToken) => throw Lacks("lifecycle rules");

    private MeshException Lacks(string what) =>
        new("MESH8004", $"{RootUri} has no {what}. Keep the lake in an S3 bucket (setting `storage.uri`) for that.");
}
