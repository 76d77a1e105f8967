namespace Mesh.Training.Handoff.Contract;

/// <summary>Something that is not recorded.</summary>
/// <param name="Field">What.</param>
/// <param name="Owner">Who can say.</param>
public sealed record ContractUnknown(string Field, string Owner);
