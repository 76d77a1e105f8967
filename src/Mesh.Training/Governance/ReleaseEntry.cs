namespace Mesh.Training.Governance;

/// <summary>When a version was released, and by whom.</summary>
/// <param name="Version">The version.</param>
/// <param name="Kind"><c>release</c> or <c>rollback</c>.</param>
/// <param name="From">Since when it was the released one.</param>
/// <param name="Until">Until when; null while it is.</param>
/// <param name="Actor">Who decided.</param>
/// <param name="Reason">Why.</param>
/// <param name="EndedBy">What ended it: <c>release</c>, <c>rollback</c>, <c>transition</c>; null while it is the released one.</param>
/// <param name="Hash">Hash of the decision.</param>
public sealed record ReleaseEntry(int Version, string Kind, string From, string? Until, string Actor, string Reason, string? EndedBy, string Hash);
