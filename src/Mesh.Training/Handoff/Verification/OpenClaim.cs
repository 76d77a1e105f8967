namespace Mesh.Training.Handoff.Verification;

/// <summary>A claim that is not shown by the bundle.</summary>
/// <param name="Id">The claim.</param>
/// <param name="Status">As the evidence index has it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Owner">Who has to close it.</param>
public sealed record OpenClaim(string Id, string Status, string Reason, string Owner);
