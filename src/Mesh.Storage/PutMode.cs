namespace Mesh.Storage;

/// <summary>Whether a put may replace an object.</summary>
public enum PutMode
{
    /// <summary>The last writer wins.</summary>
    Overwrite,

    /// <summary>The first writer wins; later ones fail.</summary>
    IfAbsent,
}
