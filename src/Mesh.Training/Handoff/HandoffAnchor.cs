namespace Mesh.Training.Handoff;

/// <summary>Where the decision log ended when a bundle was written.</summary>
/// <param name="Entries">Number of entries.</param>
/// <param name="Hash">Hash of the last one.</param>
public sealed record HandoffAnchor(long Entries, string Hash);
