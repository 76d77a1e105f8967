namespace Mesh.Console.Layout;

/// <summary>Entries that belong together.</summary>
/// <param name="Title">Heading; null for none.</param>
/// <param name="Entries">The entries.</param>
public sealed record NavigationGroup(string? Title, IReadOnlyList<NavigationEntry> Entries);
