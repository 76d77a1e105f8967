using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// Commands on a state directory that no server has, wherever its tables and its catalogue are. Where they are stands in the configuration file
/// that <c>--config</c> names; the credentials are in the environment.
/// </summary>
public sealed class OfflineTests : IDisposable
{
    private static readonly Dictionary<string, string> Credentials = new() { ["AWS_ACCESS_KEY_ID"] = CephGateway.AccessKey, ["AWS_SECRET_ACCESS_KEY"] = CephGateway.SecretKey };
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory, InlineData(false, false), InlineData(true, false), InlineData(false, true), InlineData(true, true)]
    public async Task Tables_are_looked_at_kept_up_and_read_without_a_server(bool s3, bool postgres)
    {
        // One and the other alone show nothing that both together do not, nor neither.
        Require.AtLeast(s3 == postgres ? TestLevel.Default : TestLevel.Full);
        List<string> lines = [];
        if (s3)
        {
            var gateway = await CephGateway.SharedAsync();
            lines.AddRange(["storage:", $"  uri: s3://{await gateway.NewBucketAsync()}/fleet", $"  endpoint: {gateway.Endpoint}"]);
        }

        if (postgres)
        {
            var place = TestDatabase.Postgres();
            lines.AddRange(["catalogue:", $"  connection: \"{place.Connection}\"", $"  schema: {place.Schema}"]);
        }

        await File.WriteAllLinesAsync(folder["mesh.yaml"], lines.Count == 0 ? ["log:", "  level: information"] : lines, token);
        long messages = 0;
        await using (var server = await MeshProcess.UpAsync(folder["data"], Credentials, "--config", folder["mesh.yaml"]))
        {
            for (int seed = 0; seed < 2; seed++)
            {
                var truth = await SimulatedRecording.WriteAsync(folder[$"{seed}.mcap"], new DriveOptions { Seed = seed, Duration = TimeSpan.FromSeconds(2) }, token);
                messages += truth.Channels.Single(channel => channel.Topic == "/imu").Messages;
                await RunAsync("publish", folder[$"{seed}.mcap"], "--vehicle", "V1", "--wait", "--json");
            }

            // Engines are told where the files are.
            using var http = new HttpClient();
            string settings = await http.GetStringAsync(new Uri(server.AddressOf("http").TrimEnd('/') + "/catalog/v1/config"), token);
            settings.Contains("\"s3.path-style-access\":\"true\"", StringComparison.Ordinal).ShouldBe(s3, settings);
            await server.SignalAsync("TERM");
            await server.WaitForExitAsync();
            server.ExitCode.ShouldBe(0, server.Errors);
        }

        (await RunAsync("products", "show", "chassis.imu", "--json")).GetProperty("rows").GetInt64().ShouldBe(messages);
        (await RunAsync("catalogue", "snapshots", "chassis.imu", "--json")).GetArrayLength().ShouldBe(2);
        var doctor = (await RunAsync("doctor", "--json")).EnumerateArray().ToDictionary(check => check.GetProperty("part").GetString()!, check => check.GetProperty("text").GetString()!);
        doctor["storage"].ShouldContain(s3 ? "s3://" : "folders");
        doctor["catalogue"].ShouldContain(postgres ? "answers" : "SQLite");

        var compacted = (await RunAsync("catalogue", "compact", "chassis.imu", "--min-files", "2", "--json"))[0];
        (compacted.GetProperty("files_before").GetInt64(), compacted.GetProperty("files_after").GetInt64()).ShouldBe((2, 1));
        var expired = (await RunAsync("catalogue", "expire", "chassis.imu", "--older-than", "0s", "--keep-last", "1", "--json"))[0];
        (expired.GetProperty("expired").GetArrayLength(), expired.GetProperty("data_files").GetInt64()).ShouldBe((2, 2));

        // Copies of superseded metadata, for readers that take a table by its folder, are all that is left over; once.
        string[] orphans = ["catalogue", "orphans", "--all", "--older-than", "0s", "--json"];
        (await RunAsync(orphans)).EnumerateArray().SelectMany(table => table.GetProperty("keys").EnumerateArray()).Select(key => key.GetString()!).ShouldAllBe(key => key.Contains("/metadata/v"));
        (await RunAsync(orphans)).EnumerateArray().Sum(table => table.GetProperty("orphans").GetInt64()).ShouldBe(0);
        (await RunAsync("catalogue", "tier", "chassis.imu", "--dry-run", "--json")).GetArrayLength().ShouldBe(1);
        var cost = (await RunAsync("catalogue", "cost", "--json")).GetProperty("products").EnumerateArray().Single(product => product.GetProperty("product").GetString() == "chassis.imu");
        cost.GetProperty("objects").GetInt64().ShouldBeGreaterThan(1);
        cost.GetProperty("unreferenced_bytes").GetInt64().ShouldBe(0);

        await using var subscriber = Start("subscribe", "chassis.imu", "--from", "earliest", "--no-follow");
        await subscriber.WaitForExitAsync();
        subscriber.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LongLength.ShouldBe(messages, subscriber.Errors);
        if (s3) Directory.EnumerateFiles(folder["data", "lake"], "*", SearchOption.AllDirectories).ShouldBeEmpty();
        if (postgres) File.Exists(folder["data", "mesh.db"]).ShouldBeFalse();
    }

    private MeshProcess Start(params string[] arguments) => MeshProcess.Start(Credentials, [.. arguments, "--data", folder["data"], .. (arguments[0] == "publish" ? (string[])[] : ["--config", folder["mesh.yaml"]])]);

    private async Task<JsonElement> RunAsync(params string[] arguments)
    {
        await using var mesh = Start(arguments);
        await mesh.WaitForExitAsync();
        mesh.ExitCode.ShouldBe(0, $"mesh {string.Join(' ', arguments)}: {mesh.Errors}\n{mesh.Output}");
        using var document = JsonDocument.Parse(mesh.Output);
        return document.RootElement.Clone();
    }
}
