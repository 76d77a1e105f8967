namespace Mesh.Commands.Topologies.Testing;

/// <summary>What a case expects; what it leaves out of duplicates and dead letters is expected to be none.</summary>
/// <param name="Duplicates">Uploads answered as duplicates.</param>
/// <param name="DeadLetters">Dead letters in all; null when they are told by code.</param>
/// <param name="DeadLettersByCode">Dead letters by code; of other codes there must be none.</param>
/// <param name="Products">Products or tables by name.</param>
/// <param name="Absent">Products or tables that must not be there.</param>
/// <param name="Triggers">Rules by name; what a rule that is not named does makes no difference.</param>
public sealed record TestExpectation(
    long Duplicates, long? DeadLetters, IReadOnlyDictionary<string, long> DeadLettersByCode, IReadOnlyDictionary<string, ProductExpectation> Products, IReadOnlyList<string> Absent,
    IReadOnlyDictionary<string, TriggerExpectation> Triggers);
