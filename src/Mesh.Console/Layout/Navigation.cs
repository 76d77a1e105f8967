namespace Mesh.Console.Layout;

/// <summary>What the side bar lists.</summary>
public static class Navigation
{
    /// <summary>Groups with their entries; the first has no heading.</summary>
    public static IReadOnlyList<NavigationGroup> Groups { get; } =
    [
        new(null, [new("Overview", "/", "o")]),
        new("Fleet", [new("Recordings", "/recordings", "r"), new("Vehicles", "/vehicles", "v")]),
        new("Flow", [new("Topology", "/topology", "t"), new("Topics", "/topics", "k"), new("Groups", "/groups", "g"), new("Dead letters", "/dead-letters", "d"), new("Replays", "/replays", "y")]),
        new("Data", [new("Products", "/products", "p"), new("Lineage", "/lineage", "l"), new("Maintenance", "/maintenance", "n")]),
        new("Learn", [new("Rules", "/rules", "u"), new("Jobs", "/jobs", "j"), new("Runs", "/runs", "e"), new("Studies", "/studies", "i"), new("Models", "/models", "m")]),
        new("Operate", [new("Costs", "/costs", "c"), new("Audit", "/audit", "a"), new("Settings", "/settings", "s")]),
    ];

    /// <summary>Whether an entry is the page at a path, or above it.</summary>
    public static bool IsCurrent(NavigationEntry entry, string path) =>
        entry.Url == "/" ? path == "/" : path == entry.Url || path.StartsWith(entry.Url + "/", StringComparison.Ordinal);
}
