namespace Mesh.Training.Governance;

/// <summary>A public key to register.</summary>
public sealed record IdentityRequest
{
    /// <summary>Name of the identity.</summary>
    public required string Name { get; init; }

    /// <summary>Opaque name of the person; empty for the identity's own.</summary>
    public string Person { get; init; } = "";

    /// <summary>Roles.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Public key of P-256 in PEM.</summary>
    public required string PublicKey { get; init; }

    internal string PersonOrName => Person.Length > 0 ? Person : Name;
}
