using Mesh.Training.Governance.Audit;

namespace Mesh.Commands.Governance;

/// <summary>An entry of the decision log.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Hash">SHA-256 of its canonical form.</param>
/// <param name="Signature">See <see cref="SignedDecision.Signature"/>.</param>
public sealed record DecisionView(Decision Entry, string Hash, string Signature)
{
    internal static DecisionView Of(SignedDecision signed) => new(signed.Decision, signed.Hash, signed.Signature);
}
