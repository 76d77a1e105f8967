using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>The main job, run as the README says, and its result read by other people's readers.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_demo_accounts_for_every_message_and_trains_a_model_and_foreign_readers_agree()
    {
        Require.AtLeast(TestLevel.Default);
        string data = folder["demo"];

        var report = await MeshProcess.RunJsonAsync("demo", "--json", "--data", data);

        long messages = Number(report, "messages_in");
        messages.ShouldBeGreaterThan(50_000);
        messages.ShouldBe(Number(report, "rows_out") + Number(report, "dead_letters") + Number(report, "messages_lost"));
        Number(report, "uploads").ShouldBe(7);
        Number(report, "duplicates").ShouldBe(1);
        Number(report, "recordings_with_loss").ShouldBe(1);
        Number(report, "messages_lost").ShouldBeGreaterThan(0);
        Number(report, "triggers").ShouldBeGreaterThan(0);
        Number(report, "jobs").ShouldBe(Number(report, "triggers"));
        Number(report, "models").ShouldBeGreaterThan(0);
        report.GetProperty("data_dir").GetString().ShouldBe(data);
        foreach (var model in report.GetProperty("trained_models").EnumerateArray())
        {
            model.GetProperty("accuracy").GetDouble().ShouldBeGreaterThan(model.GetProperty("majority_accuracy").GetDouble() + 0.1);
        }

        await CheckRunsAsync(data);
        var lake = await NodeScript.RunAsync("lake-read.mjs", Path.Combine(data, "lake"));
        long readByOthers = 0;
        foreach (var product in report.GetProperty("products").EnumerateArray())
        {
            long rows = Number(product, "rows");
            readByOthers += rows;
            var table = await TableOfAsync(data, product.GetProperty("name").GetString()!);
            var seen = lake.GetProperty(table);
            Number(seen, "icebird").ShouldBe(rows, table);
            Number(seen, "duckdb").ShouldBe(rows, table);
            Number(seen, "hyparquet").ShouldBe(rows, table);
            Number(seen, "distinct").ShouldBe(rows, $"{table}: (recording, channel, sequence) appears once");
        }

        readByOthers.ShouldBe(Number(report, "rows_out") + Number(report, "frames_out"));
    }

    [Fact]
    public async Task The_demo_does_the_same_with_its_tables_in_S3_where_jobs_read_them_too()
    {
        Require.AtLeast(TestLevel.Default);
        var gateway = await CephGateway.SharedAsync();
        var environment = new Dictionary<string, string>(gateway.Environment) { ["MESH_STORAGE__URI"] = $"s3://{await gateway.NewBucketAsync()}/fleet", ["TMPDIR"] = Directory.CreateDirectory(folder["tmp"]).FullName };

        await using var demo = MeshProcess.Start(environment, "demo", "--json");
        await demo.WaitForExitAsync();
        demo.ExitCode.ShouldBe(0, demo.Errors + demo.Output);

        using var report = JsonDocument.Parse(demo.Output);
        Number(report.RootElement, "models").ShouldBeGreaterThan(0);
        string data = report.RootElement.GetProperty("data_dir").GetString()!;
        Directory.EnumerateFiles(Path.Combine(data, "lake"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
        Directory.EnumerateFiles(Path.Combine(data, "jobs"), "*.parquet", SearchOption.AllDirectories).ShouldBeEmpty("copies for a job go with its end");
    }

    // The job is a run by itself, which the registry of MLflow's interface leads to.
    private static async Task CheckRunsAsync(string data)
    {
        var token = TestContext.Current.CancellationToken;
        var run = (await MeshProcess.RunJsonAsync("runs", "list", "--json", "--data", data)).EnumerateArray().ShouldHaveSingleItem();
        run.GetProperty("status").GetString().ShouldBe("finished");
        await using var server = await MeshProcess.UpAsync(data);
        using var http = new HttpClient { BaseAddress = new Uri(server.AddressOf("http") + "/api/2.0/mlflow/") };
        var version = (await http.GetFromJsonAsync<JsonElement>("model-versions/get?name=manoeuvre&version=1", token)).GetProperty("model_version");
        version.GetProperty("run_id").GetString().ShouldBe(run.GetProperty("run_id").GetString());
        version.GetProperty("source").GetString().ShouldBe($"{run.GetProperty("artifact_uri").GetString()}/model");
        (await http.GetFromJsonAsync<JsonElement>("registered-models/search?filter=name%20LIKE%20'man%25'", token)).GetProperty("registered_models").EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("latest_versions")[0].GetProperty("version").GetString().ShouldBe("1");
        (await http.GetFromJsonAsync<JsonElement>("registered-models/get-latest-versions?name=manoeuvre", token)).GetProperty("model_versions").GetArrayLength().ShouldBe(1);
        string proxy = version.GetProperty("source").GetString()!.Replace("mlflow-artifacts:/", server.AddressOf("http") + "/api/2.0/mlflow-artifacts/artifacts/", StringComparison.Ordinal);
        byte[] model = await http.GetByteArrayAsync(proxy + "/model.onnx", token);
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(model)).ShouldBe(run.GetProperty("tags").GetProperty("mesh.model.sha256").GetString());
    }

    private static async Task<string> TableOfAsync(string data, string product) =>
        (await MeshProcess.RunJsonAsync("products", "show", product, "--json", "--data", data)).GetProperty("table").GetString()!;

    private static long Number(JsonElement element, string property) => element.GetProperty(property).GetInt64();
}
