using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>The recording tools as users call them: exit codes, files, pipes, folders, objects in S3.</summary>
public sealed class RecordingToolsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drive_goes_through_every_tool()
    {
        using var folder = new TemporaryFolder();
        string drive = folder["drive.mcap"];
        int messages = (await MeshProcess.RunJsonAsync("simulate", "--duration", "5s", "-o", drive, "--json")).GetProperty("messages").GetInt32();
        await ExpectAsync(messages, "convert", drive, "-o", folder["drive.mf4"]);
        await ExpectAsync(messages, "convert", drive, "-o", folder["tables"], "--format", "parquet");
        await ExpectAsync(messages, "convert", folder["drive.mf4"], "-o", folder["back.mcap"]);
        await ExpectAsync(messages, "split", drive, "-o", folder["parts"], "--every", "2s");
        await ExpectAsync(messages, "merge", [.. Directory.GetFiles(folder["parts"]), "-o", folder["merged.mcap"]]);
        await ExpectAsync(messages, "sort", folder["merged.mcap"], "-o", folder["sorted.mcap"]);
        await ExpectAsync(500, "filter", drive, "-o", folder["imu.mcap"], "--topic", "/imu");
        await ExpectAsync(messages, "recover", drive, "-o", folder["recovered.mcap"]);

        foreach (string file in new[] { "drive.mcap", "drive.mf4", "back.mcap", "merged.mcap", "sorted.mcap", "recovered.mcap" })
        {
            var seen = await MeshProcess.RunJsonAsync("inspect", folder[file], "--json", "--full");
            seen.GetProperty("messages").GetInt32().ShouldBe(messages, file);
            var (doctor, findings, _) = await MeshProcess.RunAsync("doctor", folder[file]);
            doctor.ShouldBe(0, findings);
        }

        // What one channel measures is the same in every form; MDF and protobuf have names of their own for nested fields.
        string[] forms = [drive, folder["drive.mf4"], folder["back.mcap"], folder["tables/imu.parquet"]];
        var means = new List<double>();
        foreach (string file in forms)
        {
            var stats = await MeshProcess.RunJsonAsync("stats", file, "--json", "--topic", "*imu*");
            means.Add(stats.GetProperty("columns").EnumerateArray().Single(column => column.GetProperty("column").GetString()!.Replace('.', '_') is "linear_acceleration_x").GetProperty("mean").GetDouble());
        }

        means.ShouldAllBe(mean => Math.Abs(mean - means[0]) < 1e-9);
    }

    [Fact]
    public async Task A_cut_recording_ends_every_tool_with_3_and_an_account()
    {
        using var folder = new TemporaryFolder();
        await MeshProcess.RunJsonAsync("simulate", "--duration", "5s", "-o", folder["drive.mcap"], "--json");
        byte[] bytes = await File.ReadAllBytesAsync(folder["drive.mcap"], Cancellation);
        string cut = folder["cut.mcap"];
        await File.WriteAllBytesAsync(cut, bytes[..(bytes.Length * 2 / 3)], Cancellation);
        foreach (string[] command in new string[][]
        {
            ["inspect", cut], ["doctor", cut], ["cat", cut], ["stats", cut], ["recover", cut, "-o", folder["r.mcap"]], ["convert", cut, "-o", folder["c.mf4"]], ["filter", cut, "-o", folder["f.mcap"]],
            ["split", cut, "-o", folder["p"], "--by-topic"], ["merge", cut, "-o", folder["m.mcap"]], ["sort", cut, "-o", folder["s.mcap"]],
        })
        {
            var (exitCode, output, errors) = await MeshProcess.RunAsync(command);
            exitCode.ShouldBe(3, $"mesh {string.Join(' ', command)}: {errors}");
            (output + errors).ShouldContain("MESH10101", Case.Sensitive, $"mesh {command[0]} says what was lost");
        }

        (await MeshProcess.RunAsync("doctor", folder["r.mcap"])).ExitCode.ShouldBe(0, "what was recovered is sound");
    }

    [Fact]
    public async Task A_recording_is_read_from_standard_input()
    {
        using var folder = new TemporaryFolder();
        await MeshProcess.RunJsonAsync("simulate", "--duration", "2s", "-o", folder["drive.mcap"], "--json");
        var expected = await MeshProcess.RunJsonAsync("inspect", folder["drive.mcap"], "--json");
        string output = await ToolProcess.RunAsync("/bin/sh", "-c", $"cat '{folder["drive.mcap"]}' | dotnet '{MeshProcess.Program}' inspect - --json");
        using var seen = JsonDocument.Parse(output);
        seen.RootElement.GetProperty("messages").GetInt32().ShouldBe(expected.GetProperty("messages").GetInt32());
    }

    [Fact]
    public async Task A_recording_is_read_where_it_lies_in_an_object_store()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["objects"]);
        var truth = await MeshProcess.RunJsonAsync("simulate", "--duration", "5s", "-o", folder["objects/drive.mcap"], "--json");
        using var server = await NodeServer.StartAsync("s3-serve.mjs", folder["objects"], folder["state"]);
        var environment = new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL"] = $"http://127.0.0.1:{server.Port}", ["AWS_ACCESS_KEY_ID"] = "S3RVER", ["AWS_SECRET_ACCESS_KEY"] = "S3RVER", ["AWS_REGION"] = "us-east-1",
        };

        await using (var inspect = MeshProcess.Start(environment, "inspect", "s3://logs/drives/drive.mcap", "--json"))
        {
            await inspect.WaitForExitAsync();
            inspect.ExitCode.ShouldBe(0, inspect.Errors);
            using var seen = JsonDocument.Parse(inspect.Output);
            seen.RootElement.GetProperty("messages").GetInt32().ShouldBe(truth.GetProperty("messages").GetInt32());
        }

        await using (var filter = MeshProcess.Start(environment, "filter", "s3://logs/drives/drive.mcap", "--topic", "/imu", "-o", folder["imu.mcap"]))
        {
            await filter.WaitForExitAsync();
            filter.ExitCode.ShouldBe(0, filter.Errors);
            (await MeshProcess.RunJsonAsync("inspect", folder["imu.mcap"], "--json")).GetProperty("messages").GetInt32().ShouldBe(500);
        }

        await using var absent = MeshProcess.Start(environment, "inspect", "s3://logs/drives/absent.mcap");
        await absent.WaitForExitAsync();
        absent.ExitCode.ShouldBe(1);
        absent.Errors.ShouldContain("MESH8003");
    }

    [Fact]
    public async Task What_the_tools_write_goes_to_an_object_store_whole_or_not_at_all()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        string drive = folder["drive.mcap"];
        int messages = (await MeshProcess.RunJsonAsync("simulate", "--duration", "5s", "-o", drive, "--json")).GetProperty("messages").GetInt32();
        var gateway = await CephGateway.SharedAsync();
        string bucket = $"s3://{await gateway.NewBucketAsync()}";
        var environment = new Dictionary<string, string>(gateway.Environment) { ["TMPDIR"] = Directory.CreateDirectory(folder["tmp"]).FullName };

        await ExpectAsync(environment, messages, "convert", drive, "-o", $"{bucket}/drive.mf4");
        await ExpectAsync(environment, messages, "convert", $"{bucket}/drive.mf4", "-o", $"{bucket}/back.mcap");
        await ExpectAsync(environment, messages, "convert", drive, "-o", $"{bucket}/tables", "--format", "parquet");
        await ExpectAsync(environment, messages, "split", drive, "-o", $"{bucket}/parts/", "--every", "2s");
        await ExpectAsync(environment, messages, "merge", $"{bucket}/parts/0000.mcap", $"{bucket}/parts/0001.mcap", $"{bucket}/parts/0002.mcap", "-o", $"{bucket}/merged.mcap");
        await ExpectAsync(environment, 500, "filter", drive, "-o", $"{bucket}/filtered/imu.mcap", "--topic", "/imu");
        await ExpectAsync(environment, 500, "sort", $"{bucket}/filtered/imu.mcap", "-o", $"{bucket}/filtered/sorted.mcap");
        await ExpectAsync(environment, 500, "recover", $"{bucket}/filtered/imu.mcap", "-o", $"{bucket}/filtered/imu.mcap", "--force");
        foreach (var (name, count) in new[] { ("drive.mf4", messages), ("merged.mcap", messages), ("filtered/sorted.mcap", 500), ("filtered/imu.mcap", 500) })
        {
            var (_, seen, _) = await RunAsync(environment, 0, "inspect", $"{bucket}/{name}", "--json", "--full");
            using var report = JsonDocument.Parse(seen);
            report.RootElement.GetProperty("messages").GetInt32().ShouldBe(count, name);
        }

        (await RunAsync(environment, 0, "stats", $"{bucket}/tables/imu.parquet", "--json")).Output.ShouldContain("linear_acceleration");
        (await RunAsync(environment, 1, "filter", drive, "-o", $"{bucket}/merged.mcap")).Errors.ShouldContain("MESH10601");
        (await RunAsync(environment, 1, "split", drive, "-o", $"{bucket}/parts/", "--every", "2s")).Errors.ShouldContain("MESH10601");
        (await RunAsync(environment, 1, "convert", drive, "-o", $"{bucket}/one.parquet")).Errors.ShouldContain($"'{bucket}/one.parquet' is one table");
        (await RunAsync(environment, 1, "filter", drive, "-o", "s3://there-is-none/imu.mcap")).Errors.ShouldContain("MESH8035");
        (await RunAsync(environment, 1, "inspect", $"{bucket}/one.parquet")).Errors.ShouldContain("MESH8003");
        Directory.EnumerateFiles(folder["tmp"], "mesh-output*").ShouldBeEmpty();
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(Dictionary<string, string> environment, int exitCode, params string[] arguments)
    {
        await using var mesh = MeshProcess.Start(environment, arguments);
        await mesh.WaitForExitAsync();
        mesh.ExitCode.ShouldBe(exitCode, $"mesh {string.Join(' ', arguments)}: {mesh.Errors}");
        return (mesh.ExitCode, mesh.Output, mesh.Errors);
    }

    private static async Task ExpectAsync(Dictionary<string, string> environment, int written, string command, params string[] arguments)
    {
        using var report = JsonDocument.Parse((await RunAsync(environment, 0, [command, .. arguments, "--json"])).Output);
        report.RootElement.GetProperty("messages_written").GetInt32().ShouldBe(written, $"mesh {command} {string.Join(' ', arguments)}");
        report.RootElement.GetProperty("outputs")[0].GetProperty("file").GetString()!.ShouldStartWith("s3://");
    }

    private static async Task ExpectAsync(int written, string command, params string[] arguments)
    {
        var report = await MeshProcess.RunJsonAsync([command, .. arguments, "--json"]);
        report.GetProperty("messages_written").GetInt32().ShouldBe(written, $"mesh {command} {string.Join(' ', arguments)}");
    }
}
