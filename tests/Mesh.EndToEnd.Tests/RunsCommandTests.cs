using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Experiment tracking on a running server: by a foreign client, by requests as MLflow's own client sends them, and by <c>mesh runs</c>.</summary>
public sealed class RunsCommandTests : IDisposable
{
    private const string Token = "open sesame";

    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Programs_log_to_Mesh_as_to_MLflow_and_people_look_at_it_with_mesh()
    {
        await using (var server = await MeshProcess.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_HTTP__TOKEN"] = Token, ["MESH_TRACKING__MAXARTIFACTBYTES"] = "1MiB" }))
        {
            using var http = new HttpClient { BaseAddress = new Uri(server.AddressOf("http")) };
            (await http.GetAsync("/api/2.0/mlflow/experiments/get?experiment_id=0", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{new string('0', 32)}/artifacts/x", new ByteArrayContent([1]), token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);

            await CheckForeignClientAsync(server.AddressOf("http"));
            await CheckRequestsOfMlflowAsync(http);
            await CheckArtifactsAsync(http);
            await CheckRegistryAsync(http);
            await CheckCommandsAsync();
        }

        // Without a server the runs are still there, and can be brought.
        string[] here = ["--data", folder["data"]];
        var listed = await MeshProcess.RunJsonAsync(["runs", "list", "--experiment", "from node", "--json", .. here]);
        listed.EnumerateArray().Select(run => run.GetProperty("name").GetString()).ShouldBe(["lr 0.01", "lr 0.1"]);
        (await MeshProcess.RunJsonAsync(["runs", "import", folder["out"], "--json", "--data", folder["empty"]])).GetProperty("runs").GetInt32().ShouldBe(4);
        (await MeshProcess.RunJsonAsync(["runs", "import", folder["out"], "--json", "--data", folder["empty"]])).GetProperty("present").GetInt32().ShouldBe(4);
        (await MeshProcess.RunJsonAsync(["runs", "export", "-o", folder["again"], "--json", "--data", folder["empty"]])).GetProperty("artifacts").GetInt32().ShouldBe(3);
        FilesOf(folder["again"]).ShouldBe(FilesOf(folder["out"]));
    }

    public void Dispose() => folder.Dispose();

    private async Task CheckForeignClientAsync(string address)
    {
        var seen = await NodeScript.RunAsync("mlflow-log.mjs", address, Token);
        seen.GetProperty("experiment").GetProperty("name").GetString().ShouldBe("from node");
        var run = seen.GetProperty("run");
        run.GetProperty("info").GetProperty("status").GetString().ShouldBe("FINISHED");
        run.GetProperty("info").GetProperty("end_time").GetInt64().ShouldBe(1_700_000_009_000);
        run.GetProperty("data").GetProperty("params").EnumerateArray().Select(pair => $"{pair.GetProperty("key")}={pair.GetProperty("value")}").ShouldBe(["layers=3", "lr=0.1"]);
        run.GetProperty("data").GetProperty("tags").EnumerateArray().Select(pair => pair.GetProperty("key").GetString()).ShouldBe(["mlflow.runName", "team"]);
        seen.GetProperty("history").EnumerateArray().Select(value => value.GetProperty("step").GetInt32()).ShouldBe([0, 1, 2, 3, 4]);
        seen.GetProperty("batch").GetInt32().ShouldBe(998);
        Texts(seen, "pages").ShouldBe(["lr 0.01", "lr 0.1"]);
        seen.GetProperty("lastPage").GetBoolean().ShouldBeTrue();
        Texts(seen, "found").ShouldBe(["lr 0.01"]);
        Texts(seen, "sorted").ShouldBe(["lr 0.01", "lr 0.1"]);
        Texts(seen, "afterDelete").ShouldBe(["lr 0.1"]);
        Texts(seen, "allExperiments").ShouldBe(["from node deleted", "Default active"]);
        foreach (var (name, status, code) in new[]
        {
            ("overwrite", 400, "INVALID_PARAMETER_VALUE"), ("missing", 404, "RESOURCE_DOES_NOT_EXIST"), ("badFilter", 400, "INVALID_PARAMETER_VALUE"),
            ("sameName", 400, "RESOURCE_ALREADY_EXISTS"), ("logToDeleted", 400, "INVALID_PARAMETER_VALUE"),
        })
        {
            (seen.GetProperty(name).GetProperty("status").GetInt32(), seen.GetProperty(name).GetProperty("error_code").GetString()).ShouldBe((status, code), name);
        }
    }

    // What MLflow's Python client sends: numbers or texts for 64 bits, words for what is not finite, both names of a run, GET with a query.
    private async Task CheckRequestsOfMlflowAsync(HttpClient http)
    {
        (await GetAsync(http, "experiments/get-by-name?experiment_name=Default")).GetProperty("experiment").GetProperty("experiment_id").GetString().ShouldBe("0");
        string experiment = (await PostAsync(http, "experiments/create", """{"name": "python", "artifact_location": "", "tags": [{"key": "k", "value": "v"}]}""")).GetProperty("experiment_id").GetString()!;
        (await PostAsync(http, "experiments/search", """{"max_results": "100", "filter": "name LIKE 'pyth%' AND tags.k = 'v'", "view_type": "ACTIVE_ONLY", "order_by": ["creation_time DESC"]}"""))
            .GetProperty("experiments").GetArrayLength().ShouldBe(1);
        string runId = (await PostAsync(http, "runs/create", $$"""{"experiment_id": "{{experiment}}", "user_id": "ada", "start_time": "1700000000000", "run_name": "r1", "tags": []}"""))
            .GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
        await PostAsync(http, "runs/log-metric", $$"""{"run_uuid": "{{runId}}", "run_id": "{{runId}}", "key": "loss", "value": "NaN", "timestamp": "1", "step": "0"}""");
        await PostAsync(http, "runs/log-batch", $$"""{"run_id": "{{runId}}", "metrics": [{"key": "loss", "value": "-Infinity", "timestamp": 2, "step": 1}, {"key": "big", "value": 1e300, "timestamp": 2}], "params": [], "tags": []}""");
        var data = (await GetAsync(http, $"runs/get?run_uuid={runId}&run_id={runId}")).GetProperty("run").GetProperty("data");
        data.GetProperty("metrics").EnumerateArray().Select(metric => metric.GetProperty("value").ToString()).ShouldBe(["1E+300", "-Infinity"]);
        (await GetAsync(http, $"metrics/get-history?run_id={runId}&metric_key=loss&max_results=1")).ShouldSatisfyAllConditions(
            page => page.GetProperty("metrics")[0].GetProperty("value").GetString().ShouldBe("NaN"), page => page.GetProperty("next_page_token").GetString().ShouldNotBeNullOrEmpty());
        (await GetAsync(http, $"metrics/get-history-bulk-interval?run_ids={runId}&metric_key=loss&start_step=1&end_step=5&max_results=10", "/ajax-api/2.0/mlflow/"))
            .GetProperty("metrics").EnumerateArray().ShouldHaveSingleItem().GetProperty("run_id").GetString().ShouldBe(runId);
        await PostAsync(http, "runs/log-inputs", """{"run_id": "RUN", "datasets": [{"tags": [{"key": "mlflow.data.context", "value": "training"}], "dataset": {"name": "d", "digest": "1", "source_type": "local", "source": "{}", "profile": "{}"}}]}""".Replace("RUN", runId));
        (await PostAsync(http, "runs/search", $$"""{"experiment_ids": ["{{experiment}}"], "filter": "datasets.context = 'training'"}""")).GetProperty("runs")[0].GetProperty("inputs").GetProperty("dataset_inputs")[0]
            .GetProperty("dataset").GetProperty("name").GetString().ShouldBe("d");
        await PostAsync(http, "runs/log-model", $$"""{"run_id": "{{runId}}", "model_json": "{\"artifact_path\": \"model\"}"}""");
        (await PostAsync(http, "runs/update", $$"""{"run_id": "{{runId}}", "status": "FINISHED", "end_time": 1700000001000, "run_name": "r2"}""")).GetProperty("run_info").GetProperty("run_name").GetString().ShouldBe("r2");

        string many = string.Join(',', Enumerable.Range(0, 1_001).Select(i => $$"""{"key": "m", "value": {{i}}, "timestamp": {{i}}}"""));
        await RefusedAsync(http, "runs/log-batch", $$"""{"run_id": "{{runId}}", "metrics": [{{many}}]}""", 400, "INVALID_PARAMETER_VALUE", "at most 1,000 metrics");
        await RefusedAsync(http, "runs/log-metric", $$"""{"run_id": "{{runId}}", "key": "../m", "value": 1, "timestamp": 1}""", 400, "INVALID_PARAMETER_VALUE", "MESH9305");
        await RefusedAsync(http, "runs/log-metric", $$"""{"run_id": "{{runId}}", "key": "m", "value": "high", "timestamp": 1}""", 400, "INVALID_PARAMETER_VALUE", "number");
        await RefusedAsync(http, "runs/set-tag", $$"""{"run_id": "{{runId}}", "key": "mesh.job.id", "value": "x"}""", 403, "PERMISSION_DENIED", "Mesh's own");
        await RefusedAsync(http, "runs/search", """{"experiment_ids": ["0"], "max_results": 50001}""", 400, "INVALID_PARAMETER_VALUE", "50,000");
        await RefusedAsync(http, "runs/create", "[]", 400, "INVALID_PARAMETER_VALUE", "MESH9330");
        await RefusedAsync(http, "runs/create", "{", 400, "INVALID_PARAMETER_VALUE", "MESH9330");
        await RefusedAsync(http, "traces", "{}", 404, "ENDPOINT_NOT_FOUND", "traces");
    }

    private async Task CheckArtifactsAsync(HttpClient http)
    {
        var run = (await PostAsync(http, "runs/search", """{"experiment_ids": ["2"]}""")).GetProperty("runs")[0].GetProperty("info");
        string place = $"/api/2.0/mlflow-artifacts/artifacts/2/{run.GetProperty("run_id").GetString()}/artifacts";
        run.GetProperty("artifact_uri").GetString().ShouldBe($"mlflow-artifacts:/2/{run.GetProperty("run_id").GetString()}/artifacts");
        (await http.PutAsync($"{place}/model/m%20%C3%BC.bin", new ByteArrayContent([1, 2, 3]), token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.PutAsync($"{place}/note.txt", new StringContent("hello"), token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetByteArrayAsync($"{place}/model/m%20%C3%BC.bin", token)).ShouldBe([1, 2, 3]);
        (await GetAsync(http, $"artifacts/list?run_id={run.GetProperty("run_id").GetString()}")).GetProperty("files").GetRawText()
            .ShouldBe("""[{"path":"model","is_dir":true},{"path":"note.txt","is_dir":false,"file_size":5}]""");
        (await http.GetStringAsync($"/api/2.0/mlflow-artifacts/artifacts?path=2/{run.GetProperty("run_id").GetString()}/artifacts/model", token)).ShouldBe("""{"files":[{"path":"m \u00FC.bin","is_dir":false,"file_size":3}]}""");

        foreach (string bad in new[] { "..%2F..%2F..%2Fmesh.db", "a%2F..%2Fb", "%2e%2e%2fx", "a%5Cb", "a%00b", "a//b" })
        {
            (await http.PutAsync($"{place}/{bad}", new ByteArrayContent([1]), token)).StatusCode.ShouldBe(HttpStatusCode.BadRequest, bad);
            (await http.GetAsync($"{place}/{bad}", token)).StatusCode.ShouldBe(HttpStatusCode.BadRequest, bad);
        }

        (await http.PutAsync("/api/2.0/mlflow-artifacts/artifacts/mesh.db", new ByteArrayContent([1]), token)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await http.PutAsync($"{place}/large", new ByteArrayContent(new byte[(1 << 20) + 1]), token)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var chunked = new HttpRequestMessage(HttpMethod.Put, $"{place}/large") { Content = new StreamContent(new MemoryStream(new byte[(1 << 20) + 1])), Headers = { TransferEncodingChunked = true } };
        (await http.SendAsync(chunked, token)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await http.GetAsync($"{place}/large", token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await http.PutAsync($"{place}/gone", new ByteArrayContent([1]), token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.DeleteAsync($"{place}/gone", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetAsync($"{place}/gone", token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task CheckRegistryAsync(HttpClient http)
    {
        (await GetAsync(http, "registered-models/search")).GetProperty("registered_models").GetArrayLength().ShouldBe(0);
        await RefusedAsync(http, "registered-models/create", """{"name": "m"}""", 403, "PERMISSION_DENIED", "governance");
        await RefusedAsync(http, "model-versions/transition-stage", """{"name": "m", "version": "1", "stage": "Production"}""", 403, "PERMISSION_DENIED", "mesh models promote");
        (await http.GetAsync("/api/2.0/mlflow/registered-models/get?name=m", token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task CheckCommandsAsync()
    {
        string[] there = ["--data", folder["data"], "--token", Token];
        await File.WriteAllTextAsync(folder["plot.svg"], "<svg/>", token);
        var logged = await MeshProcess.RunJsonAsync(["runs", "log", "--experiment", "shell", "--name", "by hand", "--param", "lr=0.3", "--metric", "acc=0.5@1", "--metric", "acc=0.9@2", "--tag", "a=b", "--json", .. there]);
        string runId = logged.GetProperty("run_id").GetString()!;
        (await MeshProcess.RunAsync(["runs", "log", "--run", runId[..10], "--metric", "acc=0.95@3", "--param", "lr=0.4", .. there])).Errors.ShouldContain("MESH9307");
        (await MeshProcess.RunAsync(["runs", "log", "--run", runId[..10], "--artifact", $"plots/p.svg={folder["plot.svg"]}", .. there])).ExitCode.ShouldBe(0);
        (await MeshProcess.RunAsync(["runs", "log", "--metric", "acc", .. there])).ExitCode.ShouldBe(2);

        var shown = (await MeshProcess.RunAsync(["runs", "show", "by hand", .. there])).Output;
        shown.ShouldContain("▁█");
        shown.ShouldContain("plots/p.svg");
        (await MeshProcess.RunAsync(["runs", "show", "nobody", .. there])).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(1), result => result.Errors.ShouldContain("MESH9303"));
        var compared = await MeshProcess.RunJsonAsync(["runs", "compare", "lr 0.1", "lr 0.01", "--json", .. there]);
        compared.GetProperty("parameters").EnumerateArray().Select(value => (value.GetProperty("key").GetString(), value.GetProperty("differs").GetBoolean())).ShouldBe([("layers", false), ("lr", true)]);
        (await MeshProcess.RunAsync(["runs", "compare", "lr 0.1", "lr 0.01", .. there])).Output.Split('\n').Single(line => line.Contains("params.lr")).TrimStart().ShouldStartWith("*");
        (await MeshProcess.RunJsonAsync(["runs", "search", "metrics.acc > 0.8", "--json", .. there])).EnumerateArray().ShouldHaveSingleItem().GetProperty("name").GetString().ShouldBe("by hand");
        (await MeshProcess.RunAsync(["runs", "search", "metrics.acc >", .. there])).Errors.ShouldContain("MESH9308");

        var report = await MeshProcess.RunJsonAsync(["runs", "export", "-o", folder["out"], "--filter", "attributes.status = 'FINISHED'", "--json", .. there]);
        (report.GetProperty("runs").GetInt32(), report.GetProperty("inputs_left_out").GetInt32()).ShouldBe((4, 1));
        (await MeshProcess.RunAsync(["runs", "export", "-o", folder["out"], .. there])).Errors.ShouldContain("MESH9345");
        (await MeshProcess.RunJsonAsync(["runs", "import", folder["out"], "--json", .. there])).GetProperty("present").GetInt32().ShouldBe(4);
        File.CreateSymbolicLink(folder["out", "link"], "/etc");
        (await MeshProcess.RunAsync(["runs", "import", folder["out"], "--check", .. there])).Errors.ShouldContain("MESH9341");
        File.Delete(folder["out", "link"]);
    }

    // Of every file the path and the content; where it lies is in meta.yaml, and when an experiment was made too.
    private static List<string> FilesOf(string root) =>
        [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file =>
            $"{Path.GetRelativePath(root, file)}: {File.ReadAllText(file).Replace(root, "", StringComparison.Ordinal)}")];

    private static string?[] Texts(JsonElement from, string name) => [.. from.GetProperty(name).EnumerateArray().Select(text => text.GetString())];

    private async Task<JsonElement> GetAsync(HttpClient http, string path, string prefix = "/api/2.0/mlflow/") => await http.GetFromJsonAsync<JsonElement>(prefix + path, token);

    private async Task<JsonElement> PostAsync(HttpClient http, string path, string body)
    {
        var response = await http.PostAsync("/api/2.0/mlflow/" + path, new StringContent(body, Encoding.UTF8, "application/json"), token);
        string text = await response.Content.ReadAsStringAsync(token);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{path}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    private async Task RefusedAsync(HttpClient http, string path, string body, int status, string code, string message)
    {
        var response = await http.PostAsync("/api/2.0/mlflow/" + path, new StringContent(body, Encoding.UTF8, "application/json"), token);
        ((int)response.StatusCode).ShouldBe(status, path);
        var error = await response.Content.ReadFromJsonAsync<JsonElement>(token);
        error.GetProperty("error_code").GetString().ShouldBe(code);
        error.GetProperty("message").GetString()!.ShouldContain(message);
    }
}
