using Microsoft.Playwright;

namespace Mesh.Browser.Tests;

/// <summary>
/// Makes the pictures of the documentation: <c>MESH_PICTURES=docs/console/pictures dotnet test tests/Mesh.Browser.Tests -c Release</c>. Each
/// page on a desk in the light and on a phone in the dark; with <c>MESH_PICTURES_ALL=1</c> also the other way round.
/// </summary>
[Collection(ConsoleCollection.Name)]
public sealed class PictureTests(Browser browser, DemoServer server)
{
    private static readonly (string Name, int Width, int Height, ColorScheme Scheme, bool Always)[] Views =
    [
        ("desk-light", 1280, 800, ColorScheme.Light, true), ("phone-dark", 390, 800, ColorScheme.Dark, true),
        ("desk-dark", 1280, 800, ColorScheme.Dark, false), ("phone-light", 390, 800, ColorScheme.Light, false),
    ];

    [Fact]
    public async Task Every_page_has_its_pictures()
    {
        string? folder = Environment.GetEnvironmentVariable("MESH_PICTURES");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "needs MESH_PICTURES=FOLDER to write to");
        bool all = Environment.GetEnvironmentVariable("MESH_PICTURES_ALL") is { Length: > 0 };
        Directory.CreateDirectory(folder!);
        await server.StartAsync();
        foreach (var view in Views.Where(view => view.Always || all))
        {
            await using var context = await browser.OpenAsync(new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = view.Width, Height = view.Height }, ColorScheme = view.Scheme, ReducedMotion = ReducedMotion.Reduce,
            });
            var tab = await WatchedPage.OpenAsync(context);
            foreach (string template in Routes.Templates)
            {
                await tab.GoAsync(server.Url + await Routes.FillAsync(server, template));
                await Task.Delay(700, TestContext.Current.CancellationToken);
                byte[] picture = await tab.Page.ScreenshotAsync(new PageScreenshotOptions { Type = ScreenshotType.Png });
                string name = template == "/" ? "overview" : template.Trim('/').Replace("/", "-", StringComparison.Ordinal).Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
                await File.WriteAllBytesAsync(Path.Combine(folder!, $"{name}.{view.Name}.webp"), await ToWebPAsync(tab.Page, picture), TestContext.Current.CancellationToken);
            }
        }

        Directory.GetFiles(folder!, "*.webp").ShouldAllBe(file => new FileInfo(file).Length > 1_000);
    }

    // A third of the size of a PNG; the browser is at hand to encode it. Pictures are same-origin data, which the page's policy lets in.
    private static async Task<byte[]> ToWebPAsync(IPage page, byte[] png) => Convert.FromBase64String(await page.EvaluateAsync<string>(
        """
        async base64 => {
          const picture = new Image();
          picture.src = 'data:image/png;base64,' + base64;
          await picture.decode();
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [picture.width, picture.height];
          canvas.getContext('2d').drawImage(picture, 0, 0);
          return canvas.toDataURL('image/webp', 0.82).split(',')[1];
        }
        """,
        Convert.ToBase64String(png)));
}
