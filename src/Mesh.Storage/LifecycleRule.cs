namespace Mesh.Storage;

/// <summary>What a store does with objects by itself as they age. Ages are in days since an object was written.</summary>
/// <param name="Id">Name of the rule, unique under a store's root; at most 200 characters.</param>
/// <param name="Prefix">Beginning of the keys it is for; empty for every key under the root.</param>
public sealed record LifecycleRule(string Id, string Prefix)
{
    /// <summary>Tags an object must have, all of them (default: none, so every object under the prefix).</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Moves to colder storage classes, youngest first (default: none).</summary>
    public IReadOnlyList<LifecycleTransition> Transitions { get; init; } = [];

    /// <summary>Age at which objects are deleted (default: never).</summary>
    public int? ExpirationDays { get; init; }

    /// <summary>Age at which unfinished uploads are given up (default: never by rule). Not together with <see cref="Tags"/>, which uploads do not have.</summary>
    public int? AbortUploadsDays { get; init; }
}
