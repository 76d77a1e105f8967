namespace Mesh.Console.Pages.Search;

/// <summary>What was found of one kind.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Hits">The first of them.</param>
/// <param name="Total">How many there are on all.</param>
/// <param name="Url">Page that lists all; null where there is none.</param>
/// <param name="Problem">Why they could not be looked for; null when they were.</param>
public sealed record SearchGroup(string Kind, IReadOnlyList<SearchHit> Hits, long Total, string? Url, string? Problem = null);
