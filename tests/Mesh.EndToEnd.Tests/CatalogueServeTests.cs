using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>The catalogue for other engines: by itself, and within a server.</summary>
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
        using var http = new HttpClient { BaseAddress = await AddressOfAsync(mesh) };
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

    [Fact]
    public async Task A_server_lets_other_engines_load_its_tables_and_announces_what_they_commit()
    {
        Require.AtLeast(TestLevel.Default);
        string kcat = Require.Program("kcat", "apt-get install kcat");
        var truth = await SimulatedRecording.WriteAsync(folder["drive.mcap"], new DriveOptions { Seed = 9, Duration = TimeSpan.FromSeconds(5) }, token);
        long messages = truth.Channels.Single(channel => channel.Topic == "/imu").Messages;
        await using var mesh = await MeshProcess.UpAsync(folder["data"], null, "--token", "sesame");
        await MeshProcess.RunJsonAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--wait", "--json", "--data", folder["data"], "--token", "sesame");
        using var http = new HttpClient { BaseAddress = new Uri(mesh.AddressOf("http").TrimEnd('/') + "/catalog/v1/") };
        using (var refused = await http.GetAsync("config", token)) refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sesame");

        (await GetAsync(http, "config"))["defaults"]!.AsObject().ShouldBeEmpty("folders need no settings");
        var show = await MeshProcess.RunJsonAsync("products", "show", "chassis.imu", "--json", "--data", folder["data"], "--token", "sesame");
        string[] name = show.GetProperty("table").GetString()!.Split('.');
        (await GetAsync(http, $"namespaces/{name[0]}/tables"))["identifiers"]!.AsArray().Select(table => table!["name"]!.GetValue<string>()).ShouldContain(name[1]);
        string path = $"namespaces/{name[0]}/tables/{name[1]}";
        using var first = await http.GetAsync(path, token);
        using (var request = new HttpRequestMessage(HttpMethod.Get, path))
        {
            request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            using var again = await http.SendAsync(request, token);
            again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        }

        // Another engine makes a table of its own of the files that are there: a shallow copy.
        var metadata = JsonNode.Parse(await first.Content.ReadAsStringAsync(token))!["metadata"]!;
        metadata["snapshots"]!.AsArray().Count.ShouldBe(1);
        var snapshot = metadata["snapshots"]![0]!.DeepClone();
        int schemaId = metadata["current-schema-id"]!.GetValue<int>(), specId = metadata["default-spec-id"]!.GetValue<int>();
        await PostAsync(http, "namespaces", new JsonObject { ["namespace"] = new JsonArray("shared") });
        var made = await PostAsync(http, "namespaces/shared/tables", new JsonObject
        {
            ["name"] = "copy",
            ["schema"] = metadata["schemas"]!.AsArray().Single(schema => schema!["schema-id"]!.GetValue<int>() == schemaId)!.DeepClone(),
            ["partition-spec"] = metadata["partition-specs"]!.AsArray().Single(spec => spec!["spec-id"]!.GetValue<int>() == specId)!.DeepClone(),
        });
        snapshot["schema-id"] = made["metadata"]!["current-schema-id"]!.GetValue<int>();
        long snapshotId = snapshot["snapshot-id"]!.GetValue<long>();
        await PostAsync(http, "namespaces/shared/tables/copy", new JsonObject
        {
            ["requirements"] = new JsonArray(new JsonObject { ["type"] = "assert-ref-snapshot-id", ["ref"] = "main", ["snapshot-id"] = null }),
            ["updates"] = new JsonArray(
                new JsonObject { ["action"] = "add-snapshot", ["snapshot"] = snapshot },
                new JsonObject { ["action"] = "set-snapshot-ref", ["ref-name"] = "main", ["type"] = "branch", ["snapshot-id"] = snapshotId }),
        });

        // The event's key is the table.
        string[] seen = [];
        while (!seen.Contains("shared.copy"))
        {
            string keys = await ToolProcess.RunAsync(
                kcat, "-b", mesh.AddressOf("kafka"), "-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=mesh", "-X", "sasl.password=sesame",
                "-C", "-t", "lake.snapshot-committed.v1", "-e", "-q", "-f", "%k\n");
            seen = keys.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }

        seen.Count(key => key == "shared.copy").ShouldBe(1);
        var (exitCode, rows, errors) = await MeshProcess.RunAsync("subscribe", "shared.copy", "--from", "earliest", "--no-follow", "--data", folder["data"], "--token", "sesame");
        exitCode.ShouldBe(0, errors);
        errors.ShouldContain($"snapshot {snapshotId}: {messages:N0} rows");
        rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).LongLength.ShouldBe(messages);
    }

    [Fact]
    public async Task A_catalogue_in_S3_and_PostgreSQL_tells_engines_where_the_files_are_and_no_secret()
    {
        Require.AtLeast(TestLevel.Default);
        var gateway = await CephGateway.SharedAsync();
        var place = TestDatabase.Postgres();
        var environment = new Dictionary<string, string>
        {
            ["MESH_STORAGE__URI"] = $"s3://{await gateway.NewBucketAsync()}/fleet", ["MESH_STORAGE__ENDPOINT"] = gateway.Endpoint, ["MESH_STORAGE__REGION"] = "eu-central-7",
            ["MESH_STORAGE__ACCESSKEY"] = CephGateway.AccessKey, ["MESH_STORAGE__SECRETKEY"] = CephGateway.SecretKey,
            ["MESH_CATALOGUE__CONNECTION"] = place.Connection, ["MESH_CATALOGUE__SCHEMA"] = place.Schema,
        };
        await using var mesh = MeshProcess.Start(environment, "catalogue", "serve", "--data", folder["data"], "--port", "0");
        using var http = new HttpClient { BaseAddress = await AddressOfAsync(mesh) };

        string config = (await GetAsync(http, "config"))["defaults"]!.ToJsonString();
        config.ShouldBe($$"""{"client.region":"eu-central-7","s3.endpoint":"{{gateway.Endpoint}}","s3.path-style-access":"true"}""");
        await PostAsync(http, "namespaces", new JsonObject { ["namespace"] = new JsonArray("shared") });
        var made = await PostAsync(http, "namespaces/shared/tables", new JsonObject
        {
            ["name"] = "points",
            ["schema"] = JsonNode.Parse("""{"type":"struct","fields":[{"id":1,"name":"x","type":"long","required":true}]}"""),
        });
        made["metadata-location"]!.GetValue<string>().ShouldStartWith(environment["MESH_STORAGE__URI"] + "/lake/shared/points/metadata/");
        made["config"]!["s3.endpoint"]!.GetValue<string>().ShouldBe(gateway.Endpoint);
        made.ToJsonString().ShouldNotContain(CephGateway.SecretKey);
        made.ToJsonString().ShouldNotContain(CephGateway.AccessKey);
    }

    private static async Task<Uri> AddressOfAsync(MeshProcess mesh)
    {
        const string Before = "the catalogue is up at ";
        await mesh.WaitUntilAsync(() => mesh.Output.Contains(Before, StringComparison.Ordinal), "`mesh catalogue serve` to be up");
        string start = mesh.Output[(mesh.Output.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..];
        return new Uri(start[..start.IndexOf(',', StringComparison.Ordinal)] + "/v1/");
    }

    private async Task<JsonNode> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path, token);
        return await ReadAsync(answer);
    }

    private async Task<JsonNode> PostAsync(HttpClient http, string path, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(path, content, token);
        return await ReadAsync(answer);
    }

    private async Task<JsonNode> ReadAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync(token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }
}
