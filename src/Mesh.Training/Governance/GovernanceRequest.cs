namespace Mesh.Training.Governance;

/// <summary>What somebody wants to decide, before it is signed.</summary>
public sealed record GovernanceRequest
{
    /// <summary>What.</summary>
    public required GovernanceAction Action { get; init; }

    /// <summary>Name of the model; empty for recordings.</summary>
    public string Model { get; init; } = "";

    /// <summary>Its version; 0 where the action finds it itself.</summary>
    public int Version { get; init; }

    /// <summary>State to move to.</summary>
    public string To { get; init; } = "";

    /// <summary>Name to give.</summary>
    public string Alias { get; init; } = "";

    /// <summary>Ingest ids.</summary>
    public IReadOnlyList<string> Recordings { get; init; } = [];

    /// <summary>Why, in the actor's words.</summary>
    public required string Reason { get; init; }

    /// <summary>Fingerprint of the key that will sign; says who the actor is.</summary>
    public required string KeySha256 { get; init; }
}
