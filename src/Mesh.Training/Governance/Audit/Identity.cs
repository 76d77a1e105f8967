namespace Mesh.Training.Governance.Audit;

/// <summary>Who may decide: a name with a key, the roles that come with it, and the person behind it.</summary>
public sealed record Identity
{
    /// <summary>Name under which Mesh itself signs what it finds: results of gates, new identities.</summary>
    public const string Server = "server";

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Opaque name of the person; two identities of one person count as one.</summary>
    public required string Person { get; init; }

    /// <summary>Roles, in ordinal order.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Fingerprint of the key, see <see cref="SigningKey.Sha256"/>. An identity may have several keys, each an entry.</summary>
    public required string KeySha256 { get; init; }

    /// <summary>The public key in PEM.</summary>
    public required string PublicKey { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the key lost its validity; null while it has it.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}
