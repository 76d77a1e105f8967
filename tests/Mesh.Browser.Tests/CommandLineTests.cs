using Mesh.Cli;
using Mesh.Testing;

namespace Mesh.Browser.Tests;

/// <summary>The line that each page shows is one that the command line reads.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class CommandLineTests(Browser browser, DemoServer server)
{
    [Fact]
    public async Task Every_line_that_a_page_shows_is_read_by_the_command_line()
    {
        await using var context = await browser.OpenAsync();
        await server.StartAsync();
        var page = await context.NewPageAsync();
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string template in Routes.Templates)
        {
            string url = await Routes.FillAsync(server, template);
            await page.GotoAsync(server.Url + url);
            foreach (string line in await page.Locator(".command code").AllInnerTextsAsync()) lines.TryAdd(line, url);
        }

        lines.Count.ShouldBeGreaterThan(15);
        var root = MeshProgram.CreateRoot();
        var refused = new List<string>();
        foreach (var (line, url) in lines)
        {
            line.ShouldStartWith("mesh ", customMessage: url);

            // A shell splits the line, as it would when somebody pastes it.
            string[] words = (await ToolProcess.RunAsync("bash", ["-c", $"printf '%s\\0' {line[5..]}"])).TrimEnd('\0', '\n').Split('\0');
            var parsed = root.Parse(words);
            refused.AddRange(parsed.Errors.Select(error => $"{url}: {line}\n    {error.Message}"));
        }

        refused.ShouldBeEmpty();
    }
}
