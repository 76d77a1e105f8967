using Mesh.Console.Components;

namespace Mesh.Console.Pages.Products;

/// <summary>How fresh a product is, against the limit its topology states.</summary>
/// <param name="Kind">Kind of its badge.</param>
/// <param name="Word">A word or two.</param>
/// <param name="Sentence">In full.</param>
public sealed record Freshness(string Kind, string Word, string Sentence)
{
    /// <summary>Measures it.</summary>
    /// <param name="updatedAt">When the current snapshot was committed; null when nothing was.</param>
    /// <param name="limit">Longest time without a commit; null when none is stated.</param>
    /// <param name="now">Now.</param>
    public static Freshness Of(DateTimeOffset? updatedAt, TimeSpan? limit, DateTimeOffset now)
    {
        if (updatedAt is not { } at) return new("idle", "empty", "Nothing has been committed yet.");
        string ago = Format.Ago(at, now);
        if (limit is not { } longest) return new("idle", "no limit", $"Last commit {ago}; its topology states no limit.");
        return now - at > longest
            ? new("bad", "late", $"Late: last commit {ago}, limit {Format.Duration(longest)}.")
            : new("ok", "fresh", $"Fresh: last commit {ago}, limit {Format.Duration(longest)}.");
    }
}
