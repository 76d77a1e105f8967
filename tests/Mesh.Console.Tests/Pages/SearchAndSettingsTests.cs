using System.Text.Json;
using Mesh.Commands.Configuration;
using Mesh.Commands.Queries;
using Mesh.Model;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Pages;

public class SearchAndSettingsTests
{
    [Fact]
    public async Task A_search_finds_pages_settings_and_products_and_says_what_could_not_be_asked()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.ListProductsAsync(Arg.Any<ProductQuery>(), Arg.Any<CancellationToken>()).Returns(ConsoleHost.All(new ProductSummary("chassis.<imu>", "raw.imu", "file:///x", 1, null, 5, 1, 1, 1)));
        console.Services.Queries.ListModelsAsync(Arg.Any<Mesh.Training.Models.ModelQuery>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH9998", "No answer."));

        var (status, html) = await console.GetAsync("/search?q=topic");
        status.ShouldBe(200);
        html.ShouldContain("chassis.&lt;imu&gt;");
        html.ShouldContain("/products/chassis.%3Cimu%3E");
        html.ShouldContain("kafka.autoCreateTopics");
        html.ShouldContain("MESH9998");

        var (_, json) = await console.GetAsync("/api/v1/search?q=topic");
        JsonDocument.Parse(json).RootElement.GetProperty("hits").EnumerateArray().ShouldContain(hit => hit.GetProperty("url").GetString() == "/topics" && hit.GetProperty("kind").GetString() == "Page");
    }

    [Fact]
    public async Task A_secret_is_never_on_a_page()
    {
        var settings = Settings.Read(
            new Dictionary<SettingKey, (string, string)> { [SettingKeys.HttpToken] = ("--token", "open-sesame"), [SettingKeys.CatalogueConnection] = ("--c", "Host=db;Database=mesh;Username=u;Password=hunter2") },
            new Dictionary<string, string> { ["MESH_KAFKA__CLIENT__SSL__KEY__PASSWORD"] = "swordfish", ["MESH_KAFKA__PORT"] = "9999" }, null);
        await using var console = await ConsoleHost.StartAsync(services => services with { Settings = settings });

        string html = (await console.GetAsync("/settings")).Html;

        foreach (string secret in new[] { "open-sesame", "hunter2", "swordfish" }) html.ShouldNotContain(secret);
        html.ShouldContain("set, not shown");
        html.ShouldContain("9999");
        html.ShouldContain("MESH_KAFKA__PORT");
        (await console.GetAsync("/settings?from=given")).Html.ShouldNotContain("upload.maxBytes");
    }

    [Fact]
    public async Task A_link_cannot_make_the_console_say_that_something_was_done()
    {
        await using var console = await ConsoleHost.StartAsync();
        (await console.GetAsync("/settings?done=Your+account+was+locked")).Html.ShouldNotContain("account was locked");
        (await console.GetAsync("/settings?done=Your+account+was+locked&seal=00000000000000000000000000000000")).Html.ShouldNotContain("account was locked");
    }
}
