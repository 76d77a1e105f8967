using System.Text.Json;
using Mesh.Testing;
using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>Deque's axe, which finds what keeps people with disabilities out.</summary>
public static class Axe
{
    private static readonly string Script = Path.Combine(Repository.Root, "tests", "foreign", "node_modules", "axe-core", "axe.min.js");

    /// <summary>Runs it on a page as it is.</summary>
    /// <param name="page">The page.</param>
    /// <param name="rules">Only these rules; all of WCAG 2.2 A and AA and the best practices when none are given.</param>
    /// <returns>A line for each violation.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(IPage page, params string[] rules)
    {
        Assert.SkipUnless(File.Exists(Script), "needs the npm packages: run `npm install` in tests/foreign");

        // Evaluated through the debugger: the page's policy lets no foreign script in, as it should.
        await page.EvaluateAsync(await File.ReadAllTextAsync(Script, TestContext.Current.CancellationToken) + "; undefined");
        string run = rules.Length > 0 ? JsonSerializer.Serialize(rules) : """["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]""";
        var found = await page.EvaluateAsync<JsonElement>(
            $"async () => (await axe.run(document, {{ runOnly: {run}, resultTypes: ['violations'] }})).violations.map(v => ({{ id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + ' | ' + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? '')) }}))");
        return [.. found.EnumerateArray().Select(violation => $"{violation.GetProperty("id").GetString()}: {violation.GetProperty("help").GetString()}\n    {string.Join("\n    ", violation.GetProperty("nodes").EnumerateArray().Select(node => node.GetString()))}")];
    }
}
