using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>A tab whose complaints are kept: errors on its console, faults of its scripts, requests that failed, and any that left this machine.</summary>
public sealed class WatchedPage
{
    private readonly List<string> complaints = [];

    private WatchedPage(IPage page) => Page = page;

    /// <summary>The tab.</summary>
    public IPage Page { get; }

    /// <summary>What was complained about since the last <see cref="Forget"/>.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (complaints) return [.. complaints];
        }
    }

    /// <summary>Opens a tab.</summary>
    public static async Task<WatchedPage> OpenAsync(IBrowserContext context)
    {
        var page = await context.NewPageAsync();
        var watched = new WatchedPage(page);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") watched.Add($"console: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => watched.Add($"fault: {error}");
        page.RequestFailed += (_, request) =>
        {
            // What a page has asked for is given up when it is left.
            if (request.Failure is not "net::ERR_ABORTED") watched.Add($"failed: {request.Url} {request.Failure}");
        };
        page.Request += (_, request) =>
        {
            var url = new Uri(request.Url);
            if (url.Scheme is "http" or "https" && !url.IsLoopback) watched.Add($"foreign: {request.Url}");
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400) watched.Add($"status: {response.Status} {response.Url}");
        };
        return watched;
    }

    /// <summary>Goes to an address and waits until its elements are at rest.</summary>
    public async Task<IResponse?> GoAsync(string url)
    {
        var response = await Page.GotoAsync(url, new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        await SettleAsync();
        return response;
    }

    /// <summary>Waits until every custom element of the page is defined and nothing is being fetched for half a second, apart from the live stream.</summary>
    public async Task SettleAsync()
    {
        await Page.WaitForFunctionAsync("() => [...document.querySelectorAll(':not(:defined)')].every(e => !e.localName.startsWith('mesh-'))");
        await Page.WaitForFunctionAsync("() => !document.documentElement.classList.contains('loading') && !document.querySelector('[aria-busy=true]')");
    }

    /// <summary>Begins anew.</summary>
    public void Forget()
    {
        lock (complaints) complaints.Clear();
    }

    private void Add(string complaint)
    {
        lock (complaints) complaints.Add(complaint);
    }
}
