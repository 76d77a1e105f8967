using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>The page of a recording of the demo fleet: what is plotted is what was recorded, and every view follows one clock and one range.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class RecordingPageTests(Browser browser, DemoServer server)
{
    private const string Signal = "/imu:linear_acceleration.x";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("from=5&to=30")]
    [InlineData("from=10&to=12")]
    public async Task What_is_plotted_equals_every_exported_sample_to_the_bit_and_every_third_sample_would_not(string range)
    {
        var (watched, recording) = await OpenAsync($"ch={Uri.EscapeDataString(Signal)}&{range}");
        var plotted = JsonDocument.Parse(await watched.Page.EvaluateAsync<string>(
            $$"""
            () => {
              const { window: w } = document.querySelector('mesh-plot'), s = w.series.get('{{Signal}}');
              const list = array => array && [...array].map(value => Number.isNaN(value) ? null : value);
              return JSON.stringify({ start: w.start, fromNs: w.fromNs, toNs: w.toNs, columns: w.columns, kind: s.kind, min: list(s.min), max: list(s.max), first: list(s.first), last: list(s.last), count: list(s.count), times: list(s.times), values: list(s.values) });
            }
            """)).RootElement;
        var samples = await ExportAsync(recording);
        long from = Long(plotted, "fromNs"), to = Long(plotted, "toNs"), start = Long(plotted, "start");
        if (plotted.GetProperty("kind").GetString() == "samples")
        {
            var inside = samples.Where(sample => sample.Time >= from && sample.Time < to).Select(sample => sample.Value).ToList();
            var drawn = Numbers(plotted, "values").ToHashSet();
            inside.ShouldAllBe(value => drawn.Contains(value));
            inside.Count.ShouldBeGreaterThan(10);
            return;
        }

        int columns = plotted.GetProperty("columns").GetInt32();
        Wrong(samples).ShouldBe(0);
        Wrong([.. samples.Where((_, i) => i % 3 == 0)]).ShouldBeGreaterThan(columns / 4, "the check sees a sampling that leaves values out");
        Math.Abs(samples[0].Time - start).ShouldBeLessThan(10_000_000_000);

        int Wrong(IReadOnlyList<(long Time, double Value)> some)
        {
            long width = (to - from) / columns;
            double?[] min = Numbers(plotted, "min"), max = Numbers(plotted, "max"), first = Numbers(plotted, "first"), last = Numbers(plotted, "last"), count = Numbers(plotted, "count");
            var byColumn = some.Where(sample => sample.Time >= from && sample.Time < to).ToLookup(sample => (int)((sample.Time - from) / width), sample => sample.Value);
            return Enumerable.Range(0, columns).Count(c => byColumn[c].ToList() is var own
                && (own.Count != (int)count[c]! || (own.Count > 0 && (own.Min(), own.Max(), own[0], own[^1]) != (min[c], max[c], first[c], last[c]))));
        }
    }

    [Fact]
    public async Task Drag_wheel_and_keys_change_the_range_that_the_timeline_the_exports_and_the_address_follow()
    {
        var (watched, _) = await OpenAsync("");
        var page = watched.Page;
        var canvas = page.Locator(".plot-lane canvas").First;
        await canvas.ScrollIntoViewIfNeededAsync();
        var box = (await canvas.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + (box.Width * 0.4f), box.Y + (box.Height / 2));
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width * 0.7f), box.Y + (box.Height / 2), new MouseMoveOptions { Steps = 5 });
        await page.Mouse.UpAsync();
        var dragged = await RangeAsync(page, "to - from < 30");
        (await page.Locator("a[data-export='csv']").GetAttributeAsync("href")).ShouldNotBeNull().ShouldContain("from=");
        (await page.Locator(".tl-window").IsVisibleAsync()).ShouldBeTrue();

        await page.Mouse.WheelAsync(0, -300);
        var zoomed = await RangeAsync(page, $"to - from < {Text(dragged.To - dragged.From - 0.1)}");
        await canvas.FocusAsync();
        await page.Keyboard.PressAsync("ArrowLeft");
        await RangeAsync(page, $"from < {Text(zoomed.From - 0.01)}");
        await page.Keyboard.PressAsync("Home");
        await page.WaitForFunctionAsync("() => !new URLSearchParams(location.search).has('from')");
        watched.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_cursors_measure_what_the_samples_between_them_come_to()
    {
        var (watched, recording) = await OpenAsync($"ch={Uri.EscapeDataString(Signal)}&a=10&b=16");
        var row = watched.Page.Locator("[data-measured] tbody tr").First;
        await row.WaitForAsync();
        var samples = await ExportAsync(recording, "&from=10&to=16");
        (await row.Locator("td").First.InnerTextAsync()).ShouldBe(samples.Count.ToString("N0", CultureInfo.InvariantCulture));
        string min = (await row.Locator("td").Nth(1).InnerTextAsync()).Replace('−', '-');
        double.Parse(min, CultureInfo.InvariantCulture).ShouldBe(samples.Min(sample => sample.Value), 1e-4);
        (await watched.Page.Locator("[data-delta]").InnerTextAsync()).ShouldContain("Δt 6");
    }

    [Fact]
    public async Task Without_scripts_there_are_pictures_tables_and_a_form_that_chooses_signals()
    {
        await server.StartAsync();
        await using var context = await browser.OpenAsync(new BrowserNewContextOptions { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await page.GotoAsync(server.Url + await Routes.FillAsync(server, "/recordings/{id}"));

        (await page.Locator("svg.plot-preview path").CountAsync()).ShouldBeGreaterThan(1);
        (await page.Locator(".plot-table tbody tr").CountAsync()).ShouldBeGreaterThan(20);
        (await page.Locator(".tl-lane path").CountAsync()).ShouldBeGreaterThan(3);
        await page.Locator("details[data-channel='/imu'] input[name='ch']").Nth(1).CheckAsync();
        int before = await page.Locator(".plot-lane").CountAsync();
        await page.Locator(".picker noscript button, .picker button").First.ClickAsync();
        (await page.Locator(".plot-lane").CountAsync()).ShouldBe(before + 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("view=journey")]
    [InlineData("view=files")]
    public async Task A_phone_shows_it_without_scrolling_sideways_and_without_complaints(string query)
    {
        await server.StartAsync();
        await using var context = await browser.OpenAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 320, Height = 700 } });
        var watched = await WatchedPage.OpenAsync(context);
        await watched.GoAsync($"{server.Url}{await Routes.FillAsync(server, "/recordings/{id}")}?{query}");

        (await watched.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBe(320);
        watched.Complaints.ShouldBeEmpty();
    }

    private static async Task<(double From, double To)> RangeAsync(IPage page, string condition)
    {
        await page.WaitForFunctionAsync($"() => {{ const q = new URLSearchParams(location.search), from = Number(q.get('from')), to = Number(q.get('to')); return q.has('to') && {condition} }}");
        double[] range = await page.EvaluateAsync<double[]>("() => ['from', 'to'].map(name => Number(new URLSearchParams(location.search).get(name)))");
        return (range[0], range[1]);
    }

    private async Task<IReadOnlyList<(long Time, double Value)>> ExportAsync(string recording, string range = "")
    {
        string csv = await server.Client.GetStringAsync(new Uri($"/api/v1/recordings/{recording}/signals/export?ch={Uri.EscapeDataString(Signal)}{range}", UriKind.Relative), Token);
        return [.. csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)[1..].Select(line => line.Split(','))
            .Select(cells => (long.Parse(cells[0], CultureInfo.InvariantCulture), double.Parse(cells[1], CultureInfo.InvariantCulture)))];
    }

    private async Task<(WatchedPage Watched, string Recording)> OpenAsync(string query)
    {
        await server.StartAsync();
        var watched = await WatchedPage.OpenAsync(await browser.OpenAsync());
        string path = await Routes.FillAsync(server, "/recordings/{id}");
        await watched.GoAsync($"{server.Url}{path}?{query}");
        await watched.Page.WaitForSelectorAsync("mesh-plot[data-drawn]");
        return (watched, path.Split('/')[2]);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static long Long(JsonElement element, string name) => long.Parse(element.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static double?[] Numbers(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? (double?)null : value.GetDouble())];
}
