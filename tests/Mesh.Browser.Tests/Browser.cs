using Mesh.Testing;
using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>Debian's Chromium, driven by Playwright; one for all tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Flags =
        ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>Where it is: <c>MESH_CHROMIUM</c>, else Debian's place.</summary>
    public static string Program => Environment.GetEnvironmentVariable("MESH_CHROMIUM") is { Length: > 0 } named ? named : "/usr/bin/chromium";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
    }

    /// <summary>Opens a profile of its own; skips the test where there is no Chromium.</summary>
    public async Task<IBrowserContext> OpenAsync(BrowserNewContextOptions? options = null)
    {
        Require.AtLeast(TestLevel.Default);
        Assert.SkipUnless(File.Exists(Program), "needs Chromium: apt-get install chromium, or MESH_CHROMIUM names it");
        playwright ??= await Playwright.CreateAsync();
        browser ??= await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Program, Args = Flags, Headless = true });
        return await browser.NewContextAsync(options ?? new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
    }
}
