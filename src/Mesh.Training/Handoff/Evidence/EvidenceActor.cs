namespace Mesh.Training.Handoff.Evidence;

/// <summary>Who or what did something.</summary>
/// <param name="Type"><c>service</c>, <c>job</c> or <c>human</c>.</param>
/// <param name="Id">Opaque name.</param>
/// <param name="Version">Version, where it has one.</param>
public sealed record EvidenceActor(string Type, string Id, string? Version = null);
