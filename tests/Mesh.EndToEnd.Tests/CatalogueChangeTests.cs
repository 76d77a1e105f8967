using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Commands that change what a table holds or has names for, asked of a server and done on a directory that none has.</summary>
public sealed class CatalogueChangeTests : IAsyncDisposable
{
    private const string Imu = "chassis.imu";
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;
    private MeshProcess? server;

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        folder.Dispose();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rows_are_erased_for_all_readers_and_are_gone_for_good_once_snapshots_expire(bool isRunning)
    {
        long[] messages = await PublishAsync(isRunning);
        const string Some = "vehicle_id = 'V2' AND sequence < 10";

        var plan = await JsonAsync("catalogue", "delete", Imu, "--where", Some, "--dry-run");
        Facts(plan).ShouldBe((10, 0, 1, 0));
        Facts(await JsonAsync("catalogue", "delete", Imu, "--where", Some, "--dry-run", "--keep-files")).ShouldBe((10, 0, 0, 1));
        (await JsonAsync("catalogue", "snapshots", Imu)).GetArrayLength().ShouldBe(2, "a dry run changes nothing");
        await CurrentRowsAreAsync(messages.Sum());

        Facts(await JsonAsync("catalogue", "delete", Imu, "--where", Some)).ShouldBe((10, 0, 1, 0));
        await CurrentRowsAreAsync(messages.Sum() - 10);
        Facts(await JsonAsync("catalogue", "delete", Imu, "--where", Some)).ShouldBe((0, 0, 0, 0));
        Facts(await JsonAsync("catalogue", "delete", Imu, "--where", "vehicle_id = 'V1' AND sequence < 5", "--keep-files")).ShouldBe((5, 0, 0, 1));
        Facts(await JsonAsync("catalogue", "delete", Imu, "--where", "vehicle_id = 'V1' AND sequence < 6", "--dry-run")).ShouldBe((1, 0, 1, 0), "the others are deleted already");
        await CurrentRowsAreAsync(messages.Sum() - 15);

        var (exitCode, output, errors) = await RunAsync("catalogue", "delete", Imu, "--where", "vehicle_id = 'V2'");
        exitCode.ShouldBe(0, errors);
        output.ShouldContain("Old snapshots still hold the rows");
        await CurrentRowsAreAsync(messages[0] - 5);
        (await RowsAsync()).ShouldAllBe(row => row.GetProperty("vehicle_id").GetString() == "V1");
        if (isRunning) await AnnouncedAsync(5);

        int before = await DataFilesAsync();
        await JsonAsync("catalogue", "expire", Imu, "--older-than", "0s", "--keep-last", "1");
        (before, await DataFilesAsync()).ShouldBe((4, 2), "what V1 sent and what is deleted of that");
        await ReadersSeeAsync(messages[0] - 5);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_table_goes_back_to_a_tag_and_says_what_that_undoes(bool isRunning)
    {
        long[] messages = await PublishAsync(isRunning);
        var snapshots = (await JsonAsync("catalogue", "snapshots", Imu)).EnumerateArray().OrderBy(snapshot => snapshot.GetProperty("sequence_number").GetInt64())
            .Select(snapshot => snapshot.GetProperty("snapshot_id").GetInt64()).ToList();
        string first = snapshots[0].ToString(CultureInfo.InvariantCulture);

        (await JsonAsync("catalogue", "tag", Imu, "release", "--at", first, "--keep", "90d")).GetProperty("snapshot_id").GetInt64().ShouldBe(snapshots[0]);
        (await JsonAsync("catalogue", "branch", Imu, "audit")).GetProperty("snapshot_id").GetInt64().ShouldBe(snapshots[1]);
        var moved = await JsonAsync("catalogue", "branch", Imu, "audit", "--at", "release");
        (moved.GetProperty("snapshot_id").GetInt64(), moved.GetProperty("before_snapshot_id").GetInt64()).ShouldBe((snapshots[0], snapshots[1]));
        (await ReferencesAsync()).ShouldBe(["audit", "main", "release"]);

        var plan = await JsonAsync("catalogue", "rollback", Imu, "--to", "release", "--dry-run");
        await ReadersSeeAsync(messages.Sum());
        var done = await JsonAsync("catalogue", "rollback", Imu, "--to", "release");
        foreach (var report in new[] { plan, done })
        {
            report.GetProperty("undone").EnumerateArray().Select(snapshot => snapshot.GetProperty("snapshot_id").GetInt64()).ShouldBe([snapshots[1]]);
            (report.GetProperty("rows_before").GetInt64(), report.GetProperty("rows_after").GetInt64(), report.GetProperty("freed_recordings").GetInt64())
                .ShouldBe((messages.Sum(), messages[0], 1));
        }

        await ReadersSeeAsync(messages[0]);
        (await JsonAsync("catalogue", "rollback", Imu, "--to", "release")).GetProperty("undone").GetArrayLength().ShouldBe(0);
        await FailsAsync(1, "MESH8105", "catalogue", "rollback", Imu, "--to", snapshots[1].ToString(CultureInfo.InvariantCulture));

        await JsonAsync("catalogue", "drop-ref", Imu, "audit");
        await JsonAsync("catalogue", "drop-ref", Imu, "release");
        (await ReferencesAsync()).ShouldBe(["main"]);
        await FailsAsync(1, "MESH8105", "catalogue", "drop-ref", Imu, "main");
        await FailsAsync(1, "MESH8105", "catalogue", "drop-ref", Imu, "release");
        await FailsAsync(1, "MESH8105", "catalogue", "tag", Imu, "main");
        await FailsAsync(1, "MESH11036", "catalogue", "tag", Imu, "later", "--at", "nowhere");
        await FailsAsync(2, "--keep", "catalogue", "tag", Imu, "later", "--keep", "long");
    }

    [Fact]
    public async Task Without_a_condition_that_is_understood_nothing_is_erased()
    {
        long messages = (await PublishAsync(isRunning: true)).Sum();
        await FailsAsync(2, "--where", "catalogue", "delete", Imu);
        await FailsAsync(2, "--where", "catalogue", "delete", Imu, "--where", " ");
        await FailsAsync(2, "--where", "catalogue", "delete", Imu, "--where", "sequence <");
        await FailsAsync(1, "MESH8109", "catalogue", "delete", Imu, "--where", "serial = 1");
        await FailsAsync(1, "MESH8109", "catalogue", "delete", Imu, "--where", "serial = 1", "--dry-run");
        await FailsAsync(1, "MESH8102", "catalogue", "delete", "raw.nothing", "--where", "sequence = 1");

        using var http = new HttpClient { BaseAddress = new Uri(server!.AddressOf("http").TrimEnd('/') + "/") };
        foreach (var (path, body, code) in new[]
        {
            ("delete", "{}", "MESH11083"), ("delete", "", "MESH11083"), ("delete", "{\"where\":\"sequence <\"}", "MESH10912"), ("delete", "[1]", "MESH11081"),
            ("rollback", "{}", "MESH11084"), ("references/set", "{}", "MESH11084"), ("references/drop", "{}", "MESH11084"),
            ("references/set", "{\"name\":\"x\",\"keep_seconds\":-1}", "MESH11084"),
        })
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri($"api/v1/catalogue/{Imu}/{path}", UriKind.Relative), content, token);
            string text = await answer.Content.ReadAsStringAsync(token);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, text);
            text.ShouldContain(code);
        }

        await ReadersSeeAsync(messages);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Columns_change_without_a_file_written_again_but_not_those_that_Mesh_writes(bool isRunning)
    {
        long messages = (await PublishAsync(isRunning)).Sum();
        int files = await DataFilesAsync();
        var altered = await JsonAsync(
            "catalogue", "alter", Imu, "--add", "quality:int", "--add", "note:string", "--rename", "linear_acceleration=acceleration", "--doc", "quality=Given by hand.");
        var names = altered.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("name").GetString()!).ToList();
        foreach (string name in new[] { "quality", "note", "acceleration", "acceleration.x" }) names.ShouldContain(name);
        names.ShouldNotContain("linear_acceleration");
        await JsonAsync("catalogue", "alter", Imu, "--widen", "quality:long", "--drop", "note");
        var columns = (await JsonAsync("catalogue", "show", Imu)).GetProperty("columns").EnumerateArray()
            .ToDictionary(column => column.GetProperty("name").GetString()!, column => column.GetProperty("type").GetString());
        columns["quality"].ShouldBe("long");
        columns.ShouldNotContainKey("note");
        await ReadersSeeAsync(messages);
        (await RowsAsync()).ShouldAllBe(row => row.GetProperty("acceleration").GetProperty("z").GetDouble() != 0);
        (await DataFilesAsync()).ShouldBe(files);

        await FailsAsync(1, "MESH11085", "catalogue", "alter", Imu, "--drop", "quality", "--rename", "log_time_ns=time");
        await FailsAsync(1, "MESH11085", "catalogue", "alter", Imu, "--drop", "Sequence");
        await FailsAsync(1, "MESH8103", "catalogue", "alter", Imu, "--drop", "nothing");
        await FailsAsync(1, "MESH8111", "catalogue", "alter", Imu, "--add", "x:number");
        await FailsAsync(2, "--widen", "catalogue", "alter", Imu, "--widen", "quality");
        await FailsAsync(2, "--rename", "catalogue", "alter", Imu);
        (await JsonAsync("catalogue", "show", Imu)).GetProperty("columns").GetArrayLength().ShouldBe(columns.Count);
        if (!isRunning) return;

        // Recordings go on having the name that the message gives it.
        await SimulatedRecording.WriteAsync(folder["later.mcap"], new DriveOptions { Seed = 9, Duration = TimeSpan.FromSeconds(1) }, token);
        await JsonAsync("publish", folder["later.mcap"], "--vehicle", "V1", "--wait");
        var later = (await JsonAsync("catalogue", "show", Imu)).GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("name").GetString()!).ToList();
        later.ShouldContain("acceleration");
        later.ShouldContain("linear_acceleration");
    }

    /// <summary>Messages of two recordings, by V1 and V2.</summary>
    private async Task<long[]> PublishAsync(bool isRunning)
    {
        Require.AtLeast(TestLevel.Default);
        server = await MeshProcess.UpAsync(folder["data"]);
        var messages = new long[2];
        for (int i = 0; i < 2; i++)
        {
            string path = folder[$"{i}.mcap"];
            var truth = await SimulatedRecording.WriteAsync(path, new DriveOptions { Seed = i + 1, Duration = TimeSpan.FromSeconds(2 + i) }, token);
            messages[i] = truth.Channels.Single(channel => channel.Topic == "/imu").Messages;
            await JsonAsync("publish", path, "--vehicle", $"V{i + 1}", "--wait");
        }

        if (!isRunning)
        {
            await server.SignalAsync("TERM");
            await server.WaitForExitAsync();
            server.ExitCode.ShouldBe(0, server.Errors);
        }

        return messages;
    }

    /// <summary>Mesh's own reader and one by others count the same rows.</summary>
    private async Task ReadersSeeAsync(long rows)
    {
        var (exitCode, output, errors) = await RunAsync("subscribe", Imu, "--from", "earliest", "--no-follow");
        exitCode.ShouldBe(0, errors);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LongLength.ShouldBe(rows, "mesh subscribe");
        await CurrentRowsAreAsync(rows);
    }

    /// <summary>Subscribers from the earliest snapshot get rows as they were added; the table's current state has fewer after a deletion.</summary>
    private async Task CurrentRowsAreAsync(long rows) => (await RowsAsync()).Count.ShouldBe((int)rows, "icebird");

    private async Task<List<JsonElement>> RowsAsync()
    {
        string location = (await JsonAsync("catalogue", "show", Imu)).GetProperty("location_uri").GetString()!;
        return [.. (await NodeScript.RunAsync("iceberg-icebird.mjs", location)).GetProperty("rows").EnumerateArray()];
    }

    private async Task AnnouncedAsync(int events)
    {
        string kcat = Require.Program("kcat", "apt-get install kcat");
        string table = (await JsonAsync("products", "show", Imu)).GetProperty("table").GetString()!;
        int announced = 0;
        for (var waited = Stopwatch.StartNew(); announced < events && waited.Elapsed < TimeSpan.FromMinutes(1);)
        {
            string keys = await ToolProcess.RunAsync(kcat, "-b", server!.AddressOf("kafka"), "-C", "-t", "lake.snapshot-committed.v1", "-e", "-q", "-f", "%k\n");
            announced = keys.Split('\n').Count(key => key == table);
        }

        announced.ShouldBe(events, "one for each recording and each deletion");
    }

    private async Task<IEnumerable<string>> ReferencesAsync() =>
        (await JsonAsync("catalogue", "show", Imu)).GetProperty("references").EnumerateArray().Select(reference => reference.GetProperty("name").GetString()!).Order(StringComparer.Ordinal);

    private async Task<int> DataFilesAsync()
    {
        string table = (await JsonAsync("products", "show", Imu)).GetProperty("table").GetString()!;
        return Directory.EnumerateFiles(Path.Combine([folder["data", "lake"], .. table.Split('.')]), "*.parquet", SearchOption.AllDirectories).Count();
    }

    private static (long Rows, int Dropped, int Rewritten, int DeleteFiles) Facts(JsonElement report) => (
        report.GetProperty("rows").GetInt64(), report.GetProperty("files_dropped").GetInt32(), report.GetProperty("files_rewritten").GetInt32(),
        report.GetProperty("delete_files").GetInt32());

    private async Task FailsAsync(int expected, string text, params string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);
        exitCode.ShouldBe(expected, errors);
        errors.ShouldContain(text);
    }

    private Task<JsonElement> JsonAsync(params string[] arguments) => MeshProcess.RunJsonAsync([.. arguments, "--json", "--data", folder["data"]]);

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) => MeshProcess.RunAsync([.. arguments, "--data", folder["data"]]);
}
