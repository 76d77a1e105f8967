using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Layout;

namespace Mesh.Training.Tests.Tracking;

/// <summary>MLflow's file layout, written here as MLflow's own file store writes it.</summary>
public sealed class LayoutTests : IDisposable
{
    private const string RunId = "0123456789abcdef0123456789abcdef";
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Root => folder["mlruns"];

    [Fact]
    public async Task A_folder_that_MLflow_wrote_is_read_whole()
    {
        WriteMlruns();

        var run = (await ReadAsync()).ShouldHaveSingleItem();

        run.Document.Experiment.ShouldBe("lane keeping: v2");
        run.Document.ExperimentTags.ShouldBe(new Dictionary<string, string> { ["team"] = "perception" });
        var read = run.Document.Run;
        (read.RunId, read.Name, read.Status, read.User, read.IsDeleted).ShouldBe((RunId, "suave-hare-71", RunStatus.Finished, "ada", false));
        (read.StartedAt.ToUnixTimeMilliseconds(), read.EndedAt!.Value.ToUnixTimeMilliseconds()).ShouldBe((1_700_000_000_123, 1_700_000_100_456));
        read.Parameters.ShouldBe(new Dictionary<string, string> { ["lr"] = "1e-05", ["model/depth"] = "3", ["note"] = "two\nlines" });
        read.Tags["mlflow.source.name"].ShouldBe("train.py");
        run.Document.Metrics.ShouldBe(
        [
            new LoggedMetric("loss", 0.5, 1_700_000_001_000, 0), new LoggedMetric("loss", double.NaN, 1_700_000_002_000, 1), new LoggedMetric("loss", double.PositiveInfinity, 1_700_000_003_000, 2),
            new LoggedMetric("val/acc", 0.25, 1_700_000_001_000, 0),
        ]);
        run.Artifacts.Select(artifact => artifact.Path).ShouldBe(["model/MLmodel", "plot.svg"]);
    }

    [Fact]
    public async Task What_is_exported_and_imported_is_the_same_again_and_importing_twice_changes_nothing()
    {
        WriteMlruns();
        using var database = MetadataDatabase.Open(folder["mesh.db"]);
        var store = new TrackingStore(database, TimeProvider.System);
        var original = (await ReadAsync()).Single().Document;
        (await store.ImportAsync(original, Stop)).ShouldBe(new ImportOutcome(RunId, true, true));
        (await store.ImportAsync(original with { Metrics = [new LoggedMetric("other", 1, 1, 1)] }, Stop)).IsNew.ShouldBeFalse();

        var writer = new LayoutWriter(folder["again"]);
        writer.Write((await store.ExportAsync(RunId, Stop))!);
        var again = (await ReadAsync(folder["again"])).ShouldHaveSingleItem().Document;

        again.Experiment.ShouldBe(original.Experiment);
        again.ExperimentTags.ShouldBe(original.ExperimentTags);
        again.Metrics.ShouldBe(original.Metrics);
        again.Run.Parameters.ShouldBe(original.Run.Parameters);
        again.Run.Tags.Remove("mlflow.runName").ShouldBe(original.Run.Tags.Remove("mlflow.runName"));
        (again.Run.Name, again.Run.Status, again.Run.StartedAt, again.Run.EndedAt, again.Run.User).ShouldBe((original.Run.Name, original.Run.Status, original.Run.StartedAt, original.Run.EndedAt, original.Run.User));
        (await store.GetRunAsync(RunId, Stop)).Origin.ShouldBe(RunOrigin.Import);
    }

    [Fact]
    public async Task Every_file_of_an_export_is_as_MLflow_reads_it()
    {
        var run = new TrackedRun { RunId = RunId, ExperimentId = "", Name = "a: \"b\" # c", Status = RunStatus.Killed, StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(5), Tags = new Dictionary<string, string> { ["t"] = "v" }, IsDeleted = true };
        string artifacts = new LayoutWriter(folder["out"]).Write(new RunDocument { Experiment = "Default", Run = run, Metrics = [new LoggedMetric("m", 1e-7, 7, -1), new LoggedMetric("m", double.NegativeInfinity, 8, 2)] });

        artifacts.ShouldBe(folder["out", "0", RunId, "artifacts"]);
        (await File.ReadAllTextAsync(folder["out", "0", RunId, "metrics", "m"], Stop)).ShouldBe("7 1E-07 -1\n8 -inf 2\n");
        (await File.ReadAllTextAsync(folder["out", "0", RunId, "tags", "t"], Stop)).ShouldBe("v");
        string[] meta = await File.ReadAllLinesAsync(folder["out", "0", RunId, "meta.yaml"], Stop);
        meta.ShouldContain("run_name: \"a: \\\"b\\\" # c\"");
        meta.ShouldContain("status: 5");
        meta.ShouldContain("end_time: null");
        meta.ShouldContain("lifecycle_stage: \"deleted\"");
        meta.ShouldContain("tags: []");
        (await ReadAsync(folder["out"])).ShouldHaveSingleItem().Document.Run.Name.ShouldBe(run.Name);
        Should.Throw<LayoutException>(() => new LayoutWriter(folder["out"])).Code.ShouldBe("MESH9345");
    }

    [Theory]
    [InlineData("meta.yaml", "- a\n- b", "MESH9343", "no mapping")]
    [InlineData("meta.yaml", "run_id: [", "MESH9343", "no YAML")]
    [InlineData("meta.yaml", "a: &x [1]\nb: [*x]\nrun_id: 1", "MESH9343", "another place")]
    [InlineData("meta.yaml", "", "MESH9343", "empty")]
    [InlineData("meta.yaml", "a: 1", "MESH9343", "run_id")]
    [InlineData("meta.yaml", "run_id: ffffffffffffffffffffffffffffffff", "MESH9343", "folder of another")]
    [InlineData("meta.yaml", $"run_id: {RunId}\nstatus: 9", "MESH9343", "status")]
    [InlineData("meta.yaml", $"run_id: {RunId}\nstart_time: soon", "MESH9343", "start_time")]
    [InlineData("meta.yaml", $"run_id: {RunId}\nstart_time: 999999999999999999", "MESH9343", "start_time")]
    [InlineData("metrics/loss", "1 2 3\nnonsense", "MESH9343", "line 2")]
    [InlineData("metrics/loss", "1 2 3 4", "MESH9343", "line 1")]
    [InlineData("params/lr", "bytes", "MESH9343", "UTF-8")]
    public async Task Content_that_is_not_understood_is_refused_with_the_file_and_the_line(string file, string content, string code, string expected)
    {
        WriteMlruns();
        await File.WriteAllBytesAsync(folder["mlruns", "7", RunId, file], content == "bytes" ? [0xFF, 0xFE] : System.Text.Encoding.UTF8.GetBytes(content), Stop);

        var refused = await Should.ThrowAsync<LayoutException>(() => ReadAsync());

        refused.Code.ShouldBe(code);
        refused.Place.ShouldBe(folder["mlruns", "7", RunId, file]);
        refused.Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("params/secret", false)]
    [InlineData("artifacts/secret", false)]
    [InlineData("metrics/secret", false)]
    [InlineData("artifacts/folder", true)]
    [InlineData("tags", true)]
    [InlineData("meta.yaml", false)]
    public async Task Links_are_refused_before_anything_is_read_through_them(string place, bool isFolder)
    {
        WriteMlruns();
        string path = folder["mlruns", "7", RunId, place];
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        File.Delete(path);
        await File.WriteAllTextAsync(folder["secret"], "1 2 3", Stop);
        if (isFolder) Directory.CreateSymbolicLink(path, "/etc");
        else File.CreateSymbolicLink(path, folder["secret"]);

        var refused = await Should.ThrowAsync<LayoutException>(() => ReadAsync());

        (refused.Code, refused.Place).ShouldBe(("MESH9341", path));
    }

    [Fact]
    public async Task A_linked_run_or_experiment_is_refused()
    {
        WriteMlruns();
        Directory.CreateSymbolicLink(folder["mlruns", "7", "ffffffffffffffffffffffffffffffff"], folder["mlruns", "7", RunId]);
        (await Should.ThrowAsync<LayoutException>(() => ReadAsync())).Code.ShouldBe("MESH9341");
        Directory.Delete(folder["mlruns", "7", "ffffffffffffffffffffffffffffffff"]);
        Directory.CreateSymbolicLink(folder["mlruns", "8"], folder["mlruns", "7"]);
        (await Should.ThrowAsync<LayoutException>(() => ReadAsync())).Code.ShouldBe("MESH9341");
    }

    [Fact]
    public async Task What_is_too_large_or_too_much_is_refused_before_it_is_read()
    {
        WriteMlruns();
        var limits = new LayoutLimits { MaxTextBytes = 600, MaxMetricBytes = 1_000, MaxFiles = 20, MaxDepth = 4 };
        await ReadAsync(limits: limits);

        string huge = folder["mlruns", "7", RunId, "params", "huge"];
        using (var file = File.Create(huge)) file.SetLength(1L << 40);
        (await RefusedAsync()).ShouldBe(("MESH9342", huge));
        File.Delete(huge);
        string deep = folder["mlruns", "7", RunId, "artifacts", "1", "2", "3", "4", "5"];
        Directory.CreateDirectory(deep);
        (await RefusedAsync()).Code.ShouldBe("MESH9342");
        Directory.Delete(folder["mlruns", "7", RunId, "artifacts", "1"], recursive: true);
        for (int i = 0; i < 20; i++) await File.WriteAllTextAsync(folder["mlruns", "7", RunId, "artifacts", $"{i}"], "", Stop);
        (await RefusedAsync()).Code.ShouldBe("MESH9342");

        async Task<(string Code, string Place)> RefusedAsync()
        {
            var refused = await Should.ThrowAsync<LayoutException>(() => ReadAsync(limits: limits));
            return (refused.Code, refused.Place);
        }
    }

    [Fact]
    public async Task A_folder_of_something_else_is_refused()
    {
        Directory.CreateDirectory(folder["mlruns", "x"]);
        (await Should.ThrowAsync<LayoutException>(() => ReadAsync())).Code.ShouldBe("MESH9340");
        (await Should.ThrowAsync<LayoutException>(() => ReadAsync(folder["nowhere"]))).Code.ShouldBe("MESH9340");
    }

    public void Dispose() => folder.Dispose();

    private void WriteMlruns()
    {
        Write("7/meta.yaml", $"artifact_location: file:///home/ada/mlruns/7\ncreation_time: 1700000000000\nexperiment_id: '7'\nlast_update_time: 1700000000000\nlifecycle_stage: active\nname: 'lane keeping: v2'\n");
        Write("7/tags/team", "perception");
        Write($"7/{RunId}/meta.yaml", $"""
            artifact_uri: file:///home/ada/mlruns/7/{RunId}/artifacts
            end_time: 1700000100456
            entry_point_name: ''
            experiment_id: '7'
            lifecycle_stage: active
            run_id: {RunId}
            run_name: suave-hare-71
            run_uuid: {RunId}
            source_name: ''
            source_type: 4
            source_version: ''
            start_time: 1700000000123
            status: 3
            tags: []
            user_id: ada

            """);
        Write($"7/{RunId}/params/lr", "1e-05");
        Write($"7/{RunId}/params/model/depth", "3");
        Write($"7/{RunId}/params/note", "two\nlines");
        Write($"7/{RunId}/tags/mlflow.source.name", "train.py");
        Write($"7/{RunId}/metrics/loss", "1700000001000 0.5 0\n1700000002000 nan 1\n1700000003000 inf 2\n");
        // As older versions wrote it, without a step.
        Write($"7/{RunId}/metrics/val/acc", "1700000001000 0.25\n");
        Write($"7/{RunId}/artifacts/plot.svg", "<svg/>");
        Write($"7/{RunId}/artifacts/model/MLmodel", "flavors: {}");
        Directory.CreateDirectory(folder["mlruns", ".trash"]);
        Directory.CreateDirectory(folder["mlruns", "models"]);
        Write("7/datasets/1/meta.yaml", "name: d");
    }

    private void Write(string path, string content)
    {
        string full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    private async Task<List<LayoutRun>> ReadAsync(string? root = null, LayoutLimits? limits = null)
    {
        var runs = new List<LayoutRun>();
        await foreach (var run in new LayoutReader(limits ?? new LayoutLimits()).ReadAsync(root ?? Root, Stop)) runs.Add(run);
        return runs;
    }
}

file static class Tags
{
    public static Dictionary<string, string> Remove(this IReadOnlyDictionary<string, string> tags, string key) => tags.Where(tag => tag.Key != key).ToDictionary();
}
