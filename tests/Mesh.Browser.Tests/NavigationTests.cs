using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>Moving about: links, Back, the keyboard, filters in the address.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class NavigationTests(Browser browser, DemoServer server)
{
    [Fact]
    public async Task Back_brings_title_heading_and_scroll_back_without_loading_the_page_anew()
    {
        await using var context = await browser.OpenAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 300 } });
        await server.StartAsync();
        var tab = await WatchedPage.OpenAsync(context);
        await tab.GoAsync(server.Url + "/settings");
        await tab.Page.EvaluateAsync("() => { window.stays = true; scrollTo(0, 400); }");
        await tab.Page.WaitForFunctionAsync("() => scrollY === 400 && history.state?.scroll === 400");

        await tab.Page.EvaluateAsync("() => document.querySelector('nav.side a[href=\"/recordings\"]').click()");
        await tab.Page.WaitForURLAsync("**/recordings");
        await tab.SettleAsync();
        (await tab.Page.Locator("h1").InnerTextAsync()).ShouldBe("Recordings");
        (await tab.Page.EvaluateAsync<string>("() => document.activeElement.localName")).ShouldBe("h1");

        await tab.Page.GoBackAsync();
        await tab.Page.WaitForFunctionAsync("() => document.querySelector('h1').textContent === 'Settings' && scrollY === 400");
        (await tab.Page.TitleAsync()).ShouldStartWith("Settings");
        (await tab.Page.EvaluateAsync<bool>("() => window.stays === true")).ShouldBeTrue("the page was loaded anew");
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task By_keys_alone_one_reaches_the_content_a_page_and_the_search()
    {
        await using var context = await browser.OpenAsync();
        await server.StartAsync();
        var tab = await WatchedPage.OpenAsync(context);
        await tab.GoAsync(server.Url + "/");

        await tab.Page.Keyboard.PressAsync("Tab");
        (await tab.Page.EvaluateAsync<string>("() => document.activeElement.textContent")).ShouldBe("Skip to content");
        await tab.Page.Keyboard.PressAsync("/");
        (await tab.Page.EvaluateAsync<string>("() => document.activeElement.name")).ShouldBe("q");
        await tab.Page.Keyboard.PressAsync("Escape");
        await tab.Page.EvaluateAsync("() => document.activeElement.blur()");
        await tab.Page.Keyboard.PressAsync("g");
        await tab.Page.Keyboard.PressAsync("r");
        await tab.Page.WaitForURLAsync("**/recordings");
        await tab.SettleAsync();
        await tab.Page.Keyboard.PressAsync("Control+k");
        await tab.Page.WaitForSelectorAsync("dialog[open] input");
        await tab.Page.Keyboard.TypeAsync("dead");
        await tab.Page.WaitForFunctionAsync("() => document.querySelector('dialog[open]')?.textContent.includes('Dead letters')");
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.Page.WaitForURLAsync("**/dead-letters**");
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_filter_was_set_to_stands_in_the_address_and_comes_back_with_it()
    {
        await using var context = await browser.OpenAsync();
        await server.StartAsync();
        var tab = await WatchedPage.OpenAsync(context);
        await tab.GoAsync(server.Url + "/recordings");
        await tab.Page.Locator("main form input[name=q]").FillAsync("nothing-is-called-so");
        await tab.Page.Locator("main form input[name=q]").PressAsync("Enter");
        await tab.Page.WaitForURLAsync("**q=nothing-is-called-so**");
        await tab.SettleAsync();
        (await tab.Page.Locator("main tbody tr").CountAsync()).ShouldBe(0);
        (await tab.Page.Locator("main .empty").CountAsync()).ShouldBe(1);

        await tab.Page.ReloadAsync();
        (await tab.Page.Locator("main form input[name=q]").InputValueAsync()).ShouldBe("nothing-is-called-so");
        tab.Complaints.ShouldBeEmpty();
    }
}
