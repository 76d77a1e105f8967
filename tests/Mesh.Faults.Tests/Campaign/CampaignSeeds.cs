using System.Globalization;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Seeds that have found something (<c>seeds.txt</c>), for runs that nobody gave one.</summary>
internal static class CampaignSeeds
{
    /// <summary>The seed of a run: in CI the newest of the file, so that the outcome is that of the change; elsewhere a new one.</summary>
    public static int For(string setting) => Require.Level == TestLevel.Full ? Random.Shared.Next() : All(setting)[^1];

    /// <summary>Seeds of a setting, oldest first: lines <c>SETTING SEED  # what it found</c>.</summary>
    public static IReadOnlyList<int> All(string setting) =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "tests", "Mesh.Faults.Tests", "Campaign", "seeds.txt"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 1 && words[0] == setting)
            .Select(words => int.Parse(words[1], CultureInfo.InvariantCulture)),
    ];
}
