using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>What operators see of a server: metrics, health, status, traces.</summary>
public sealed class ObservabilityTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient http = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose()
    {
        http.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Metrics_tell_of_an_upload_at_every_stage_and_Prometheus_takes_them()
    {
        Require.AtLeast(TestLevel.Default);
        var truth = await SimulateAsync("drive.mcap", 21);
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        await PublishAsync("drive.mcap", "V1");
        await PublishAsync("drive.mcap", "V1");

        var metrics = await ScrapeAsync(server);

        metrics.Of("mesh_upload_uploads_total", "mesh_upload_result=\"accepted\"").ShouldBe(1);
        metrics.Of("mesh_upload_uploads_total", "mesh_upload_result=\"duplicate\"").ShouldBe(1);
        metrics.Of("mesh_upload_bytes_total", "mesh_upload_result=\"accepted\"").ShouldBe(new FileInfo(folder["drive.mcap"]).Length);
        metrics.Of("mesh_ingest_messages_total").ShouldBe(truth.Messages);
        metrics.Of("mesh_ingest_rows_total").ShouldBe(truth.Messages);
        metrics.Of("mesh_ingest_queue_bytes").ShouldBe(0);
        metrics.Of("mesh_ingest_queue_limit_bytes").ShouldBeGreaterThan(1 << 20);
        metrics.Of("mesh_ingest_upload_to_snapshot_duration_seconds_count").ShouldBe(1);
        foreach (string stage in new[] { "decode", "synchronise", "partition" }) metrics.Of($"mesh_{stage}_duration_seconds_count").ShouldBe(1);
        metrics.Sum("mesh_catalogue_rows_total").ShouldBeGreaterThanOrEqualTo(truth.Messages);
        metrics.Of("mesh_catalogue_watermark_lag_seconds").ShouldBeGreaterThan(0);
        metrics.Sum("mesh_storage_written_bytes_total").ShouldBeGreaterThan(0);
        metrics.Of("messaging_client_sent_messages_total", "messaging_destination_name=\"fleet.uploads.v1\"").ShouldBeGreaterThanOrEqualTo(1);
        metrics.Of("mesh_stage_up", "mesh_stage=\"catalogue\"").ShouldBe(1);
        metrics.Sum("mesh_stage_restarts_total").ShouldBe(0);
        metrics.Sum("http_server_request_duration_seconds_count").ShouldBeGreaterThan(2);
        metrics.Sum("dotnet_gc_collections_total").ShouldBeGreaterThanOrEqualTo(0);

        // Neither vehicles nor recordings are labels: there would be too many series.
        metrics.Text.ShouldNotContain("\"V1\"");
        System.Text.RegularExpressions.Regex.IsMatch(metrics.Text, "[0-9a-f]{64}").ShouldBeFalse();

        // What the page names is what a server shows.
        string page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations", "observability.md"), token);
        foreach (string name in metrics.Text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]))
        {
            if (name.StartsWith("mesh_table_", StringComparison.Ordinal) || name.StartsWith("mesh_maintenance_", StringComparison.Ordinal)) continue;
            if (name.StartsWith("mesh_", StringComparison.Ordinal) || name.StartsWith("messaging_", StringComparison.Ordinal)) page.ShouldContain($"`{name}`");
        }

        string promtool = Prometheus.RequireTool("promtool");
        var (_, output) = await Prometheus.CheckMetricsAsync(promtool, metrics.Text);

        // The runtime's own names, which other people's dashboards know, are not ours to correct.
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("dotnet_", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_real_Prometheus_scrapes_a_server_and_evaluates_our_rules()
    {
        Require.AtLeast(TestLevel.Default);
        string prometheus = Prometheus.RequireTool("prometheus");
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        var address = new Uri(server.AddressOf("http"));
        await File.WriteAllTextAsync(
            folder["prometheus.yml"],
            $"global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: ['{Repository.Root}/deploy/alerts/mesh.rules.yml']\nscrape_configs: [{{ job_name: mesh, static_configs: [{{ targets: ['{address.Authority}'] }}] }}]\n", token);
        int port = FreePort();
        using var process = Process.Start(new ProcessStartInfo(
            prometheus, [$"--config.file={folder["prometheus.yml"]}", $"--storage.tsdb.path={folder["tsdb"]}", $"--web.listen-address=127.0.0.1:{port}"])
        {
            RedirectStandardError = true,
        })!;
        var said = process.StandardError.ReadToEndAsync(token);
        try
        {
            string answer = "";
            var patience = Stopwatch.StartNew();
            while (!answer.Contains("\"value\"", StringComparison.Ordinal))
            {
                process.HasExited.ShouldBeFalse();
                patience.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(2));
                await Task.Delay(200, token);
                try
                {
                    answer = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/query?query=mesh_stage_up%7Bmesh_stage%3D%22catalogue%22%7D"), token);
                }
                catch (HttpRequestException)
                {
                    // Prometheus is not up yet.
                }
            }

            answer.ShouldContain(",\"1\"]");
            string rules = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/rules"), token);
            rules.ShouldContain("MeshUploadsStuck");
            rules.ShouldNotContain("\"health\":\"err\"");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            await said;
        }
    }

    [Fact]
    public async Task Health_says_what_is_wrong_and_what_to_do_and_status_and_doctor_show_the_same()
    {
        Require.AtLeast(TestLevel.Default);

        // A floor that no disk has: uploads are refused, and the server says so.
        await using (var full = await MeshProcess.UpAsync(folder["full"], new Dictionary<string, string> { ["MESH_UPLOAD__MINFREEBYTES"] = "1000TiB" }))
        {
            var (status, report) = await HealthAsync(full, "health/ready");
            status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            report.GetProperty("status").GetString().ShouldBe("failed");
            var disk = report.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "disk");
            disk.GetProperty("state").GetString().ShouldBe("failed");
            disk.GetProperty("remedy").GetString()!.ShouldContain("landing.retention");
            (await HealthAsync(full, "health/live")).Status.ShouldBe(HttpStatusCode.OK);

            var shown = await MeshProcess.RunAsync("status", "--data", folder["full"]);
            shown.Output.ShouldContain("landing.retention");
            var examined = await MeshProcess.RunAsync("doctor", "--data", folder["full"]);
            examined.ExitCode.ShouldBe(1);
            examined.Output.ShouldContain("server: disk");
        }

        await using var server = await MeshProcess.UpAsync(folder["data"]);
        var (well, sound) = await HealthAsync(server, "health");
        well.ShouldBe(HttpStatusCode.OK, sound.GetRawText());
        sound.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString())
            .ShouldBe(["stages", "progress", "event log", "database", "storage", "disk", "uploads", "telemetry"]);
    }

    [Fact]
    public async Task Without_a_login_health_gives_no_reasons_and_metrics_give_nothing()
    {
        Require.AtLeast(TestLevel.Default);
        await using var server = await MeshProcess.UpAsync(folder["data"], null, "--token", "secret");

        var (status, report) = await HealthAsync(server, "health/ready");
        status.ShouldBe(HttpStatusCode.OK);
        report.GetProperty("checks").EnumerateArray().ShouldAllBe(check => check.GetProperty("reason").GetString() == "");
        (await http.GetAsync(new Uri(server.AddressOf("http").TrimEnd('/') + "/metrics"), token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        http.DefaultRequestHeaders.Authorization = new("Bearer", "secret");
        (await HealthAsync(server, "health")).Report.GetProperty("checks").EnumerateArray().ShouldAllBe(check => check.GetProperty("reason").GetString() != "");
        (await ScrapeAsync(server)).Of("mesh_stage_up", "mesh_stage=\"catalogue\"").ShouldBe(1);
    }

    [Fact]
    public async Task A_quota_is_answered_with_the_reason_and_counted()
    {
        Require.AtLeast(TestLevel.Default);
        await SimulateAsync("first.mcap", 22);
        await SimulateAsync("second.mcap", 23);
        long bytes = new FileInfo(folder["first.mcap"]).Length;
        var environment = new Dictionary<string, string> { ["MESH_UPLOAD__QUOTA__VEHICLE__BYTESPERDAY"] = (bytes * 3 / 2).ToString(CultureInfo.InvariantCulture) };
        await using var server = await MeshProcess.UpAsync(folder["data"], environment);
        await PublishAsync("first.mcap", "V1");

        var refused = await MeshProcess.RunAsync("publish", folder["second.mcap"], "--vehicle", "V1", "--data", folder["data"]);
        await PublishAsync("second.mcap", "V2");

        refused.ExitCode.ShouldBe(1);
        (refused.Output + refused.Errors).ShouldContain("upload.quota.vehicle.bytesPerDay");
        (await ScrapeAsync(server)).Of("mesh_upload_throttled_total", "error_type=\"MESH1060\"").ShouldBe(1);
    }

    [Fact]
    public async Task A_collector_gets_the_trace_that_a_producer_began_up_to_the_snapshot_and_the_metrics()
    {
        Require.AtLeast(TestLevel.Default);
        await SimulateAsync("drive.mcap", 24);
        await using var collector = new OtlpReceiver(FreePort());
        var environment = new Dictionary<string, string>
        {
            ["MESH_TELEMETRY__OTLPENDPOINT"] = collector.Address, ["MESH_TELEMETRY__OTLPPROTOCOL"] = "httpProtobuf", ["MESH_TELEMETRY__OTLPHEADERS"] = "x-key=k1",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test", ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        };
        string trace = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        await using (var server = await MeshProcess.UpAsync(folder["data"], environment))
        {
            using var upload = new HttpRequestMessage(HttpMethod.Post, new Uri(server.AddressOf("http").TrimEnd('/') + "/uploads"))
            {
                Content = new ByteArrayContent(await File.ReadAllBytesAsync(folder["drive.mcap"], token)),
            };
            upload.Content.Headers.ContentType = new("application/offset+octet-stream");
            upload.Headers.Add("Tus-Resumable", "1.0.0");
            upload.Headers.Add("Upload-Length", new FileInfo(folder["drive.mcap"]).Length.ToString(CultureInfo.InvariantCulture));
            upload.Headers.Add("Upload-Metadata", $"vehicle {Convert.ToBase64String("V1"u8)}");
            upload.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
            using var answer = await http.SendAsync(upload, token);
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
            await server.WaitUntilAsync(
                () => collector.Spans.Any(span => span.Name == "process lake.snapshot-committed.v1" && span.TraceId == trace) && collector.Metrics.ContainsKey("mesh.catalogue.commits"),
                "the trace and the metrics at the collector");
        }

        var spans = collector.Spans.Where(span => span.TraceId == trace).ToList();
        string request = spans.Single(span => span.ParentSpanId == "00f067aa0ba902b7").SpanId;
        string accepted = Child("accept upload", request);
        string sent = Child("send fleet.uploads.v1", accepted);
        string ingest = Child("process fleet.uploads.v1", sent);
        string attempt = Child("ingest attempt", ingest);
        foreach (string stage in new[] { "decode", "synchronise", "partition" }) Child(stage, attempt);
        var announced = spans.Where(span => span.Name == "send lake.files-written.v1").ToList();
        announced.ShouldAllBe(span => span.ParentSpanId == ingest);
        var commits = collector.Spans.Where(span => span.Name == "process lake.files-written.v1").ToList();
        commits.ShouldAllBe(span => span.LinkedTraces.Contains(trace));
        commits.ShouldNotBeEmpty();
        spans.ShouldContain(span => span.Name == "send lake.snapshot-committed.v1" && commits.Any(commit => commit.SpanId == span.ParentSpanId));

        collector.Metrics["mesh.ingest.bytes"].ShouldBe("By");
        collector.Metrics["http.server.request.duration"].ShouldBe("s");
        collector.Resource["service.name"].ShouldBe("mesh");
        collector.Resource["deployment.environment.name"].ShouldBe("test");
        collector.Keys.ShouldAllBe(key => key == "k1");

        string Child(string name, string parent)
        {
            var span = spans.Where(span => span.Name == name).ShouldHaveSingleItem();
            span.ParentSpanId.ShouldBe(parent, name);
            return span.SpanId;
        }
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<SimulationTruth> SimulateAsync(string name, int seed) =>
        await SimulatedRecording.WriteAsync(folder[name], new DriveOptions { Seed = seed, Duration = TimeSpan.FromSeconds(5) }, token);

    private async Task PublishAsync(string name, string vehicle)
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync("publish", folder[name], "--vehicle", vehicle, "--wait", "--data", folder["data"]);
        exitCode.ShouldBe(0, output + errors);
    }

    private async Task<(HttpStatusCode Status, JsonElement Report)> HealthAsync(MeshProcess server, string path)
    {
        using var response = await http.GetAsync(new Uri(server.AddressOf("http").TrimEnd('/') + "/" + path), token);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(token));
        return (response.StatusCode, document.RootElement.Clone());
    }

    private async Task<Scrape> ScrapeAsync(MeshProcess server) => new(await http.GetStringAsync(new Uri(server.AddressOf("http").TrimEnd('/') + "/metrics"), token));

    private sealed record Scrape(string Text)
    {
        public double Of(string name, string label = "") => Samples(name, label).ShouldHaveSingleItem($"{name} {label} in:\n{Text}");

        public double Sum(string name) => Samples(name, "").Sum();

        private List<double> Samples(string name, string label) =>
        [
            .. Text.Split('\n').Where(line => (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)) && line.Contains(label, StringComparison.Ordinal))
                .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)),
        ];
    }
}
