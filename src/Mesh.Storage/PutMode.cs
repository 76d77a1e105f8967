namespace Mesh.Storage;

/// <summary>Whether a put may replace an object.</summary>
public enum PutMode
{
    /// <summary>The last writer wins.</summary>
    Overwrite,

    /// <summary>
    /// The first writer wins; later ones fail. In an object store a large object is gathered in a temporary file first, since only a put
    /// in one request is conditional: 5 GiB at most.
    /// </summary>
    IfAbsent,

    /// <summary>
    /// The caller vouches that nobody else ever writes the key, because a random id is part of it: data files. Of any size, without a
    /// detour; checked where that costs nothing.
    /// </summary>
    UniqueName,
}
