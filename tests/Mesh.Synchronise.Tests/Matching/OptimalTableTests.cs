using Mesh.Synchronise.Matching;
using Mesh.Testing;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>The comparison in docs/synchronise/optimal.md is what the matchers do.</summary>
public sealed class OptimalTableTests
{
    [Fact]
    public void The_documented_comparison_with_ApproximateTime_holds()
    {
        List<string> rows = [];
        foreach (string name in GoldenFile.Names("golden"))
        {
            var golden = GoldenFile.Read("golden", name);
            if (golden.Policy != "ApproximateTime") continue;
            long[][] stamps = golden.Scenario.Stamps();
            long tolerance = stamps.Max(channel => OptimalMatcherTests.MedianPeriod(channel));
            long[] theirs = [.. golden.Scenario.Run(golden.Create).Sets.Select(set => Scenario.Spread(stamps, set.Messages)).Where(spread => spread <= tolerance)];
            if (theirs.Length == 0) continue;
            var ours = OptimalMatcherTests.Run(golden.Scenario.Sorted(), new OptimalOptions { ToleranceNs = tolerance }).Matcher;
            string proven = ours.IsProvenOptimal ? "yes" : "no";
            rows.Add(FormattableString.Invariant(
                $"| {Path.GetFileNameWithoutExtension(name)} | {tolerance / 1e6:f1} | {theirs.Length} | {theirs.Average() / 1e6:f3} | {ours.Sets} | {(double)ours.TotalSpreadNs / ours.Sets / 1e6:f3} | {proven} |"));
        }

        rows.Count.ShouldBeGreaterThan(20);
        string[] documented = [.. File.ReadAllLines(Path.Combine(Repository.Root, "docs", "synchronise", "optimal.md")).Where(line => line.EndsWith("yes |", StringComparison.Ordinal) || line.EndsWith("no |", StringComparison.Ordinal))];
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join('\n', rows));
        documented.ShouldBe(rows);
    }
}
