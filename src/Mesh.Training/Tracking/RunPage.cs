namespace Mesh.Training.Tracking;

/// <summary>Part of an answer.</summary>
/// <param name="Items">What was found.</param>
/// <param name="NextPageToken">Asks for what comes after; null at the end.</param>
public sealed record RunPage<T>(IReadOnlyList<T> Items, string? NextPageToken);
