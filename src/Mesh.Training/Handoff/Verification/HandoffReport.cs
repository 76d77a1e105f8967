namespace Mesh.Training.Handoff.Verification;

/// <summary>What the verification of a bundle found, <c>mesh.handoff-report/v1</c>.</summary>
public sealed record HandoffReport
{
    /// <summary>The form's name and version.</summary>
    public string Schema { get; init; } = "mesh.handoff-report/v1";

    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary><c>NAME@VERSION</c>; empty when the bundle does not say.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the model's file as the bundle names it.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>SHA-256 of the signed statement: what identifies the bundle.</summary>
    public required string StatementSha256 { get; init; }

    /// <summary>Whether keys were given from outside; otherwise the bundle vouches for its own.</summary>
    public required bool TrustedKeys { get; init; }

    /// <summary>When it was verified.</summary>
    public required DateTimeOffset VerifiedAt { get; init; }

    /// <summary>What ran the test vectors.</summary>
    public required string Runtime { get; init; }

    /// <summary>The checks in the order in which they were made.</summary>
    public required IReadOnlyList<HandoffCheck> Checks { get; init; }

    /// <summary>Claims that the bundle itself does not show; they are the receiving side's to close, or reasons to wait.</summary>
    public required IReadOnlyList<OpenClaim> OpenClaims { get; init; }

    /// <summary>Whether nothing is wrong. Open claims are not errors of the bundle.</summary>
    public bool Passed => Checks.All(check => check.Status != CheckStatus.Failed);

    /// <summary>Whether nothing is wrong and every applicable claim is shown.</summary>
    public required bool ReleaseEligible { get; init; }
}
