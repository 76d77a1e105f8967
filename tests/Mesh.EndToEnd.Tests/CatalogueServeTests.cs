using System.Diagnostics;
using System.Globalization;
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
        await using var mesh = await MeshProcess.UpAsync(folder["data"], null, "--token", "sesame");
        string[] known = ["--data", folder["data"], "--token", "sesame"];
        long[] messages = [await PublishAsync(1), await PublishAsync(2)];
        using var http = new HttpClient { BaseAddress = new Uri(mesh.AddressOf("http").TrimEnd('/') + "/catalog/v1/") };
        using (var refused = await http.GetAsync("config", token)) refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sesame");

        (await GetAsync(http, "config"))["defaults"]!.AsObject().ShouldBeEmpty("folders need no settings");
        var show = await MeshProcess.RunJsonAsync(["products", "show", "chassis.imu", "--json", .. known]);
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

        // Another engine takes the table back to its first snapshot, and later forward again with a snapshot of its own.
        var metadata = JsonNode.Parse(await first.Content.ReadAsStringAsync(token))!["metadata"]!;
        long[] snapshots = [.. metadata["snapshots"]!.AsArray().Select(snapshot => snapshot!["snapshot-id"]!.GetValue<long>())];
        snapshots.Length.ShouldBe(2);
        await CommitAsync(snapshots[1], SetMain(snapshots[0]));
        await SubscriberSeesAsync(messages[0]);
        var own = metadata["snapshots"]![1]!.DeepClone();
        (own["snapshot-id"], own["parent-snapshot-id"], own["sequence-number"]) = (4711, snapshots[1], metadata["last-sequence-number"]!.GetValue<long>() + 1);
        own["summary"] = new JsonObject { ["operation"] = "append", ["added-records"] = "0", ["total-records"] = (messages[0] + messages[1]).ToString(CultureInfo.InvariantCulture) };
        await CommitAsync(snapshots[0], SetMain(snapshots[1]), new JsonObject { ["action"] = "add-snapshot", ["snapshot"] = own }, SetMain(4711));
        await SubscriberSeesAsync(messages[0] + messages[1]);
        (await MeshProcess.RunJsonAsync(["catalogue", "snapshots", "chassis.imu", "--json", .. known])).EnumerateArray().Select(snapshot => snapshot.GetProperty("snapshot_id").GetInt64())
            .ShouldBe([snapshots[0], snapshots[1], 4711], ignoreOrder: true);

        // The event's key is the table: one for each recording, and one for each snapshot that the other engine has brought onto main, again or anew.
        int announced = 0;
        for (var waited = Stopwatch.StartNew(); announced < 4 && waited.Elapsed < TimeSpan.FromMinutes(1);)
        {
            string keys = await ToolProcess.RunAsync(
                kcat, "-b", mesh.AddressOf("kafka"), "-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=mesh", "-X", "sasl.password=sesame",
                "-C", "-t", "lake.snapshot-committed.v1", "-e", "-q", "-f", "%k\n");
            announced = keys.Split('\n').Count(key => key == string.Join('.', name));
        }

        announced.ShouldBe(4);

        async Task<long> PublishAsync(int seed)
        {
            var truth = await SimulatedRecording.WriteAsync(folder[$"{seed}.mcap"], new DriveOptions { Seed = seed, Duration = TimeSpan.FromSeconds(2 + seed) }, token);
            await MeshProcess.RunJsonAsync(["publish", folder[$"{seed}.mcap"], "--vehicle", "V1", "--wait", "--json", .. known]);
            return truth.Channels.Single(channel => channel.Topic == "/imu").Messages;
        }

        Task CommitAsync(long expected, params JsonNode?[] updates) => PostAsync(http, path, new JsonObject
        {
            ["requirements"] = new JsonArray(new JsonObject { ["type"] = "assert-ref-snapshot-id", ["ref"] = "main", ["snapshot-id"] = expected }),
            ["updates"] = new JsonArray(updates),
        });

        static JsonObject SetMain(long snapshot) => new() { ["action"] = "set-snapshot-ref", ["ref-name"] = "main", ["type"] = "branch", ["snapshot-id"] = snapshot };

        async Task SubscriberSeesAsync(long rows)
        {
            var (exitCode, output, errors) = await MeshProcess.RunAsync(["subscribe", "chassis.imu", "--from", "earliest", "--no-follow", .. known]);
            exitCode.ShouldBe(0, errors);
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LongLength.ShouldBe(rows);
        }
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
