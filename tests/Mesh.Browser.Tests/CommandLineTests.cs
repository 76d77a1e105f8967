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
        var refused = new List<string>();
        foreach (var (line, url) in lines)
        {
            line.ShouldStartWith("mesh ", customMessage: url);

            // The shell splits the line; the directive makes the program say how it understands the words instead of doing it.
            string output = await ToolProcess.RunAsync("bash", ["-c", $"set -- {line[5..]}; dotnet '{MeshProcess.Program}' '[diagram]' \"$@\""]);
            if (output.Contains('!', StringComparison.Ordinal) || output.Contains("???", StringComparison.Ordinal)) refused.Add($"{url}: {line}\n    {output.Trim()}");
        }

        refused.ShouldBeEmpty();
    }
}
