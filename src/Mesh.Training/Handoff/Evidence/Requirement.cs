namespace Mesh.Training.Handoff.Evidence;

/// <summary>A requirement, in our words: the standards themselves are not quoted.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Paraphrase">What it asks for.</param>
/// <param name="ReferenceBasis">How the source is known: <c>official_text</c>, <c>public_summary</c> or <c>general_knowledge</c>.</param>
/// <param name="Applicability"><c>applicable</c> or <c>customer_responsibility</c>.</param>
/// <param name="Justification">Why it is not for Mesh to show; null where it is.</param>
public sealed record Requirement(string Id, string Source, string Paraphrase, string ReferenceBasis, string Applicability, string? Justification);
