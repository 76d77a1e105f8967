namespace Mesh.Training.Governance;

/// <summary>Somebody who could make a decision, or why not.</summary>
/// <param name="Name">Identity.</param>
/// <param name="Person">Person behind it.</param>
/// <param name="Roles">Its roles.</param>
/// <param name="Keys">Fingerprints of its valid keys, oldest first.</param>
/// <param name="WhyNot">Why the rules refuse it, for people; null when they do not.</param>
public sealed record DecisionCandidate(string Name, string Person, IReadOnlyList<string> Roles, IReadOnlyList<string> Keys, string? WhyNot)
{
    /// <summary>Whether the rules let it decide.</summary>
    public bool May => WhyNot is null;
}
