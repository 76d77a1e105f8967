namespace Mesh.Lakehouse.RestCatalog;

/// <summary>How the REST catalogue answers.</summary>
public sealed record RestCatalogueOptions
{
    /// <summary>
    /// Token that the listener asks for; null when it asks for none. The token endpoint hands it out for a client secret that equals it, because
    /// many engines only know that way.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Settings for clients to reach the object store with (<c>s3.endpoint</c>, <c>s3.path-style-access</c>, <c>client.region</c>); never secrets.</summary>
    public IReadOnlyDictionary<string, string> ClientSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Announces snapshots that clients commit; null for none.</summary>
    public SnapshotAnnouncer? Announce { get; init; }

    /// <summary>Largest request body, in bytes (default: 16 MiB). A larger one is refused with 413.</summary>
    public int MaxRequestBytes { get; init; } = 16 << 20;
}
