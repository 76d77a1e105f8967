using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>The catalogue by itself, for other engines.</summary>
public sealed class CatalogueServeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task It_answers_those_who_have_the_token_keeps_others_out_and_stops_on_a_signal()
    {
        Require.AtLeast(TestLevel.Default);
        await using var mesh = MeshProcess.Start("catalogue", "serve", "--data", folder["data"], "--port", "0", "--token", "sesame");
        const string Before = "the catalogue is up at ";
        while (!mesh.Output.Contains(Before, StringComparison.Ordinal))
        {
            mesh.HasExited.ShouldBeFalse(mesh.Errors);
            await Task.Delay(50, token);
        }

        string start = mesh.Output[(mesh.Output.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..];
        using var http = new HttpClient { BaseAddress = new Uri(start[..start.IndexOf(',', StringComparison.Ordinal)] + "/v1/") };
        using var refused = await http.GetAsync("config", token);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using (var error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(token)))
        {
            error.RootElement.GetProperty("error").GetProperty("type").GetString().ShouldBe("NotAuthorizedException");
        }

        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = "engine", ["client_secret"] = "sesame" });
        using var granted = await http.PostAsync("oauth/tokens", form, token);
        using (var answer = JsonDocument.Parse(await granted.Content.ReadAsStringAsync(token)))
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.RootElement.GetProperty("access_token").GetString());
        }

        using var config = await http.GetAsync("config", token);
        config.StatusCode.ShouldBe(HttpStatusCode.OK);

        var (exitCode, _, errors) = await MeshProcess.RunAsync("catalogue", "serve", "--data", folder["data"], "--port", "0");
        exitCode.ShouldBe(1);
        errors.ShouldContain("MESH11010");

        await mesh.SignalAsync("TERM");
        await mesh.WaitForExitAsync();
        mesh.ExitCode.ShouldBe(0, mesh.Errors);
    }
}
