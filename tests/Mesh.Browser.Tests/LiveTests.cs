using Mesh.Testing;
using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>Values that keep up with the system, over a server of its own that is stopped and started.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class LiveTests(Browser browser) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_page_keeps_up_says_when_the_server_is_away_and_goes_on_by_itself()
    {
        await using var context = await browser.OpenAsync();
        var server = await MeshProcess.UpAsync(folder["data"]);
        string url = server.AddressOf("http"), port = new Uri(url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var page = await context.NewPageAsync();
            await page.GotoAsync(url + "/recordings");
            await Assertions.Expect(page.Locator("mesh-live")).ToContainTextAsync("live", new() { Timeout = 30_000, IgnoreCase = true });
            await page.EvaluateAsync("() => { window.stays = true; }");

            await File.WriteAllTextAsync(folder["no-recording.mcap"], "this is no recording", TestContext.Current.CancellationToken);
            await MeshProcess.RunAsync("publish", folder["no-recording.mcap"], "--vehicle", "V-7", "--data", folder["data"]);
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("V-7", new() { Timeout = 30_000 });

            await server.DisposeAsync();
            await Assertions.Expect(page.Locator("mesh-live")).ToContainTextAsync("reconnecting", new() { Timeout = 60_000, IgnoreCase = true });
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("V-7");
            server = await MeshProcess.UpAsync(folder["data"], arguments: ["--http-port", port]);
            await Assertions.Expect(page.Locator("mesh-live")).ToContainTextAsync("live", new() { Timeout = 90_000, IgnoreCase = true });
            (await page.EvaluateAsync<bool>("() => window.stays === true")).ShouldBeTrue("the page was loaded anew");
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Eight_tabs_are_live_and_the_browser_still_fetches()
    {
        await using var context = await browser.OpenAsync();
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        string url = server.AddressOf("http");
        var tabs = new List<IPage>();
        for (int i = 0; i < 8; i++)
        {
            var page = await context.NewPageAsync();
            await page.GotoAsync(url + "/");
            tabs.Add(page);
        }

        // Browsers hold at most six connections to a place: with a stream a tab, nothing more would come through.
        foreach (var page in tabs) await Assertions.Expect(page.Locator("mesh-live")).ToContainTextAsync("live", new() { Timeout = 30_000, IgnoreCase = true });
        (await tabs[7].EvaluateAsync<int>("async () => (await fetch('/api/v1/status')).status")).ShouldBe(200);
    }
}
