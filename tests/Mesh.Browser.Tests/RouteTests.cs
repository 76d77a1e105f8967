using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>Every page of the console over the demo's data: nothing complains, nothing leaves this machine, everybody can use it, it fits a phone.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class RouteTests(Browser browser, DemoServer server)
{
    private const int PhoneWidth = 320;

    public static TheoryData<string> Templates => [.. Routes.Templates];

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task A_page_works_in_both_themes_for_everybody_and_on_a_phone(string template)
    {
        await using var context = await browser.OpenAsync();
        await server.StartAsync();
        string url = server.Url + await Routes.FillAsync(server, template);
        var tab = await WatchedPage.OpenAsync(context);

        var response = await tab.GoAsync(url);

        response!.Status.ShouldBe(StatusOf(template));
        response.Headers["content-security-policy"].ShouldNotContain("unsafe");
        (await tab.Page.Locator("h1").CountAsync()).ShouldBe(1);
        var findings = new List<string>((await Axe.RunAsync(tab.Page)).Select(violation => "light: " + violation));
        await tab.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark, ReducedMotion = ReducedMotion.Reduce });
        findings.AddRange((await Axe.RunAsync(tab.Page, "color-contrast")).Select(violation => "dark: " + violation));
        await tab.Page.SetViewportSizeAsync(PhoneWidth, 700);
        int width = await tab.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
        if (width > PhoneWidth) findings.Add($"phone: the page is {width} pixels wide at {PhoneWidth}: {await WidestAsync(tab.Page)}");
        findings.AddRange(tab.Complaints.Where(complaint => StatusOf(template) == 200 || !complaint.Contains("404", StringComparison.Ordinal)));
        findings.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task A_page_can_be_read_without_scripts(string template)
    {
        await using var context = await browser.OpenAsync(new BrowserNewContextOptions { JavaScriptEnabled = false });
        await server.StartAsync();
        var page = await context.NewPageAsync();

        var response = await page.GotoAsync(server.Url + await Routes.FillAsync(server, template));

        response!.Status.ShouldBe(StatusOf(template));
        (await page.Locator("main h1").InnerTextAsync()).ShouldNotBeNullOrWhiteSpace();
        (await page.Locator("main").InnerTextAsync()).Length.ShouldBeGreaterThan(40);
        (await page.Locator("main button:visible:not([type=submit])").CountAsync()).ShouldBe(0, "A button that does nothing without scripts is shown.");
    }

    [Fact]
    public async Task A_page_that_is_not_there_says_so_in_the_same_frame()
    {
        await using var context = await browser.OpenAsync();
        await server.StartAsync();
        var tab = await WatchedPage.OpenAsync(context);

        var response = await tab.GoAsync(server.Url + "/recordings/0000000000000000");

        response!.Status.ShouldBe(404);
        (await tab.Page.Locator("nav.side a").CountAsync()).ShouldBeGreaterThan(10);
        (await Axe.RunAsync(tab.Page)).ShouldBeEmpty();
        tab.Complaints.ShouldAllBe(complaint => complaint.Contains("404", StringComparison.Ordinal));
    }

    private static int StatusOf(string template) => Routes.WithoutData.Contains(template) ? 404 : 200;

    private static Task<string> WidestAsync(IPage page) => page.EvaluateAsync<string>(
        "() => [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.table-region, .tabs, pre, .command')).slice(0, 5).map(e => e.outerHTML.slice(0, 160)).join('\\n')");
}
