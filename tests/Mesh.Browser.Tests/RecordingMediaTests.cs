using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>Track, camera and lidar of a recording of the demo fleet, as they stand on the screen.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class RecordingMediaTests(Browser browser, DemoServer server)
{
    private const string PixelAt =
        "([x, y]) => { const c = document.querySelector('mesh-map canvas'), r = devicePixelRatio; return [...c.getContext('2d').getImageData(Math.round(x * r), Math.round(y * r), 1, 1).data].slice(0, 3).join(' ') }";

    [Fact]
    public async Task The_track_is_drawn_to_the_scale_that_its_bar_says_with_its_ends_where_they_belong()
    {
        var (watched, recording) = await OpenAsync("t=10");
        var map = watched.Page.Locator("mesh-map[data-metres-per-pixel]");
        double metresPerPixel = await NumberAsync(map, "data-metres-per-pixel"), east = await NumberAsync(map, "data-east"), north = await NumberAsync(map, "data-north");
        double[] size = await watched.Page.EvaluateAsync<double[]>("() => { const c = document.querySelector('mesh-map canvas'); return [c.clientWidth, c.clientHeight] }");
        string text = await ColourAsync(watched.Page, "--text");

        // The bar is the longest run of the text's colour in its row.
        int run = await watched.Page.EvaluateAsync<int>(
            """
            text => {
              const c = document.querySelector('mesh-map canvas'), g = c.getContext('2d'), data = g.getImageData(0, c.height - 16, c.width, 4).data;
              let longest = 0;
              for (let y = 0; y < 4; y++) for (let x = 0, run = 0; x < c.width; x++) {
                const at = 4 * (y * c.width + x);
                run = `${data[at]} ${data[at + 1]} ${data[at + 2]}` === text ? run + 1 : 0;
                longest = Math.max(longest, run);
              }
              return longest;
            }
            """,
            text);
        run.ShouldBeInRange(60, 164);
        (run * metresPerPixel).ShouldBe(await NumberAsync(map, "data-scale-metres"), 3 * metresPerPixel);

        var points = (await server.AskAsync($"/api/v1/recordings/{recording}/track?tolerance=1")).GetProperty("points");
        var end = PlaceOf(points[points.GetArrayLength() - 1]);
        (await watched.Page.EvaluateAsync<string>(PixelAt, new[] { end.X, end.Y })).ShouldBe(text, "the end's square");
        (await watched.Page.EvaluateAsync<string>(PixelAt, new[] { end.X + 7, end.Y })).ShouldNotBe(text, "beside it");
        var start = PlaceOf(points[0]);
        (await watched.Page.EvaluateAsync<string>(PixelAt, new[] { start.X, start.Y })).ShouldBe(await ColourAsync(watched.Page, "--surface"), "within the start's ring");
        (await watched.Page.EvaluateAsync<string>(PixelAt, new[] { start.X, start.Y + 5 })).ShouldBe(text, "the start's ring");
        watched.Complaints.ShouldBeEmpty();

        (double X, double Y) PlaceOf(JsonElement point) =>
            (size[0] / 2 + (point.GetProperty("east").GetDouble() - east) / metresPerPixel, size[1] / 2 - (point.GetProperty("north").GetDouble() - north) / metresPerPixel);
    }

    [Fact]
    public async Task Keys_on_the_map_and_on_the_page_move_one_clock_that_frames_sweeps_and_the_address_follow()
    {
        var (watched, recording) = await OpenAsync("t=10");
        var page = watched.Page;
        var times = (await server.AskAsync($"/api/v1/recordings/{recording}/frames")).GetProperty("channels").EnumerateArray()
            .ToDictionary(channel => channel.GetProperty("channel").GetString()!, channel => channel.GetProperty("times").EnumerateArray().Select(time => time.GetDouble()).ToList());
        await CaptionAsync(page, "mesh-frames", times["/camera/front"].Last(time => time <= 10));

        await page.Locator("mesh-map canvas").FocusAsync();
        for (int i = 0; i < 5; i++) await page.Keyboard.PressAsync("ArrowRight");
        await page.WaitForFunctionAsync("() => Number(new URLSearchParams(location.search).get('t')) > 11");
        double moment = double.Parse(await page.EvaluateAsync<string>("() => new URLSearchParams(location.search).get('t')"), CultureInfo.InvariantCulture);
        await CaptionAsync(page, "mesh-frames", times["/camera/front"].Last(time => time <= moment));
        await CaptionAsync(page, "mesh-lidar", times["/lidar/top"].Last(time => time <= moment));

        await page.Keyboard.PressAsync(".");
        double next = times["/camera/front"].First(time => time > moment);
        await CaptionAsync(page, "mesh-frames", next);
        await CaptionAsync(page, "mesh-lidar", times["/lidar/top"].Last(time => time <= next));
        watched.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_click_on_the_track_takes_the_clock_there()
    {
        var (watched, recording) = await OpenAsync("t=0");
        var points = (await server.AskAsync($"/api/v1/recordings/{recording}/track?tolerance=1")).GetProperty("points");
        var middle = points[points.GetArrayLength() / 2];
        var map = watched.Page.Locator("mesh-map[data-metres-per-pixel]");
        var box = (await watched.Page.Locator("mesh-map canvas").BoundingBoxAsync())!;
        double scale = await NumberAsync(map, "data-metres-per-pixel");

        await watched.Page.Mouse.ClickAsync(
            (float)(box.X + box.Width / 2 + (middle.GetProperty("east").GetDouble() - await NumberAsync(map, "data-east")) / scale),
            (float)(box.Y + box.Height / 2 - (middle.GetProperty("north").GetDouble() - await NumberAsync(map, "data-north")) / scale));

        await watched.Page.WaitForFunctionAsync("() => Number(new URLSearchParams(location.search).get('t')) > 0");
        double moment = double.Parse(await watched.Page.EvaluateAsync<string>("() => new URLSearchParams(location.search).get('t')"), CultureInfo.InvariantCulture);
        var there = points.EnumerateArray().Last(point => point.GetProperty("t").GetDouble() <= moment + 1e-3);
        double.Hypot(there.GetProperty("east").GetDouble() - middle.GetProperty("east").GetDouble(), there.GetProperty("north").GetDouble() - middle.GetProperty("north").GetDouble())
            .ShouldBeLessThan(40 * scale);
    }

    [Fact]
    public async Task Without_scripts_pictures_are_there_and_links_go_on_and_back()
    {
        await server.StartAsync();
        await using var context = await browser.OpenAsync(new BrowserNewContextOptions { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{server.Url}{await Routes.FillAsync(server, "/recordings/{id}/media")}?t=10");
        string before = await page.Locator("mesh-frames figcaption").InnerTextAsync();

        await page.Locator("mesh-frames a[data-step='1']").ClickAsync();

        (await page.Locator("mesh-frames figcaption").InnerTextAsync()).ShouldNotBe(before);
        (await page.Locator("mesh-frames img").GetAttributeAsync("src")).ShouldNotBeNull().ShouldContain("/frames/image?");
        (await page.Locator("mesh-map polyline").CountAsync()).ShouldBe(1);
        await page.Locator("summary", new PageLocatorOptions { HasText = "Track as a table" }).ClickAsync();
        (await page.Locator("table tbody tr").CountAsync()).ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task A_phone_shows_it_without_scrolling_sideways()
    {
        await server.StartAsync();
        await using var context = await browser.OpenAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 320, Height = 700 } });
        var watched = await WatchedPage.OpenAsync(context);
        await watched.GoAsync(server.Url + await Routes.FillAsync(server, "/recordings/{id}/media"));

        (await watched.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBe(320);
    }

    private static async Task CaptionAsync(IPage page, string element, double time) =>
        await page.WaitForFunctionAsync(
            "([element, time]) => document.querySelector(element + ' figcaption').textContent.includes(` ${time} s`)", new[] { element, time.ToString("0.000", CultureInfo.InvariantCulture) });

    private static async Task<double> NumberAsync(ILocator element, string name) => double.Parse((await element.GetAttributeAsync(name))!, CultureInfo.InvariantCulture);

    private static Task<string> ColourAsync(IPage page, string token) => page.EvaluateAsync<string>(
        """
        token => {
          const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
          probe.fillRect(0, 0, 1, 1);
          return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3).join(' ');
        }
        """,
        token);

    private async Task<(WatchedPage Watched, string Recording)> OpenAsync(string query)
    {
        await server.StartAsync();
        var watched = await WatchedPage.OpenAsync(await browser.OpenAsync());
        string path = await Routes.FillAsync(server, "/recordings/{id}/media");
        await watched.GoAsync($"{server.Url}{path}?{query}");
        await watched.Page.WaitForSelectorAsync("mesh-map[data-metres-per-pixel]");
        return (watched, path.Split('/')[2]);
    }
}
