namespace Mesh.Training.Tracking.Search;

/// <summary>What an answer is sorted by.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Key">Which one.</param>
/// <param name="IsDescending">Whether the highest comes first.</param>
internal sealed record OrderTerm(FilterSubject Subject, string Key, bool IsDescending);
