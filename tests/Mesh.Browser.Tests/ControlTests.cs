namespace Mesh.Browser.Tests;

/// <summary>The checks find what they look for.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ControlTests(Browser browser, DemoServer server)
{
    [Fact]
    public async Task A_picture_without_words_and_a_pale_text_are_found()
    {
        await using var context = await browser.OpenAsync();
        await server.StartAsync();
        var tab = await WatchedPage.OpenAsync(context);
        await tab.GoAsync(server.Url + "/");
        await tab.Page.EvaluateAsync("() => { const p = document.createElement('p'); p.textContent = 'pale'; p.style.color = '#ccc'; p.style.background = '#fff'; document.querySelector('main').append(new Image(10, 10), p); }");

        var found = await Axe.RunAsync(tab.Page);

        found.ShouldContain(violation => violation.StartsWith("image-alt", StringComparison.Ordinal));
        found.ShouldContain(violation => violation.StartsWith("color-contrast", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_inline_script_is_refused_by_the_policy_and_noticed()
    {
        await using var context = await browser.OpenAsync();
        await server.StartAsync();
        var tab = await WatchedPage.OpenAsync(context);
        await tab.GoAsync(server.Url + "/");
        tab.Complaints.ShouldBeEmpty();

        await tab.Page.EvaluateAsync("() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); }");

        (await tab.Page.EvaluateAsync<bool>("() => window.ran === true")).ShouldBeFalse();
        tab.Complaints.ShouldContain(complaint => complaint.Contains("Content Security Policy", StringComparison.Ordinal));
    }
}
