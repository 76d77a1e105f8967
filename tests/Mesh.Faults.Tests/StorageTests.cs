using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Storage.S3;
using Mesh.Testing;
using Mesh.Upload;

namespace Mesh.Faults.Tests;

/// <summary>Tables and recordings are in S3, on Ceph's gateway; the server loses its power while uploads arrive.</summary>
public sealed class StorageTests(Drives drives) : IDisposable
{
    private const int Rounds = 3;
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Drives_become_tables_in_a_bucket_that_every_command_finds_and_a_restart_keeps()
    {
        Require.AtLeast(TestLevel.Default);
        var gateway = await CephGateway.SharedAsync();
        string uri = $"s3://{await gateway.NewBucketAsync()}/fleet";
        var environment = Environment(gateway.Endpoint, uri);
        await using (var server = await FaultServer.UpAsync(folder["data"], environment))
        {
            (await server.PublishAsync(drives.All)).Count.ShouldBe(drives.All.Count);
            foreach (var drive in drives.All) await server.CommittedAsTruthSaysAsync(drive);
            await server.Process.SignalAsync("INT");
            await server.Process.WaitForExitAsync();
            server.Process.ExitCode.ShouldBe(0, server.Process.Errors);
        }

        using var lake = S3ObjectStore.OpenForReading($"{uri}/lake", Options(gateway.Endpoint));
        await Lake.HoldsExactlyAsync(lake, drives.All);
        using var landing = S3ObjectStore.OpenForReading($"{uri}/landing", Options(gateway.Endpoint));
        (await landing.ListAsync("", Stop).CountAsync(Stop)).ShouldBe(drives.All.Count);
        Directory.EnumerateFiles(folder["data", "lake"], "*", SearchOption.AllDirectories).ShouldBeEmpty();
        Directory.EnumerateFiles(folder["data", "landing"], "*.mcap", SearchOption.AllDirectories).ShouldBeEmpty();

        // Without a server and without the setting: the state directory knows the place; only the credentials must be given.
        var credentials = new Dictionary<string, string> { ["AWS_ACCESS_KEY_ID"] = CephGateway.AccessKey, ["AWS_SECRET_ACCESS_KEY"] = CephGateway.SecretKey };
        var products = await RunAsync(credentials, "products", "list", "--json", "--data", folder["data"]);
        products.Code.ShouldBe(0, products.Errors);
        using (var list = JsonDocument.Parse(products.Output))
        {
            list.RootElement.EnumerateArray().Where(product => !product.GetProperty("table").GetString()!.Contains("synchronised", StringComparison.Ordinal))
                .Sum(product => product.GetProperty("rows").GetInt64()).ShouldBe(drives.All.Sum(drive => drive.Truth.Messages));
        }

        File.ReadAllText(folder["data", "storage.json"]).ShouldNotContain(CephGateway.SecretKey);

        // A server that was given another place does not begin an empty lake there.
        var elsewhere = new Dictionary<string, string>(environment) { ["MESH_STORAGE__URI"] = uri + "2" };
        var refused = await RunAsync(elsewhere, "up", "--data", folder["data"], "--http-port", "0", "--kafka-port", "0", "--schema-registry-port", "0");
        refused.Code.ShouldBe(1);
        refused.Errors.ShouldContain("MESH11014");

        await using var again = await FaultServer.UpAsync(folder["data"], environment);
        (await again.PublishAsync(drives.All[0].Path, drives.All[0].Vehicle))!.Result.ShouldBe(UploadResult.Duplicate);
        var more = drives.All[1].As(7);
        await again.PublishAsync([more]);
        await again.CommittedAsTruthSaysAsync(more);
    }

    [Fact]
    public async Task Doctor_and_settings_tell_about_the_storage_and_never_the_secret()
    {
        Require.AtLeast(TestLevel.Default);
        var gateway = await CephGateway.SharedAsync();
        string uri = $"s3://{await gateway.NewBucketAsync()}/fleet";
        var environment = Environment(gateway.Endpoint, uri);

        var doctor = await RunAsync(environment, "doctor", "--json");
        doctor.Output.ShouldContain($"{uri} answers");
        var absent = await RunAsync(Environment(gateway.Endpoint, "s3://there-is-none/fleet"), "doctor");
        absent.Code.ShouldBe(1);
        absent.Output.ShouldContain("MESH8035");
        var settings = await RunAsync(environment, "config", "show", "--json");
        settings.Output.ShouldContain(uri);
        settings.Output.ShouldNotContain(CephGateway.AccessKey);
        foreach (var said in new[] { doctor, absent, settings }) (said.Output + said.Errors).ShouldNotContain(CephGateway.SecretKey);
    }

    [Fact]
    public async Task The_store_dies_during_work_and_everything_goes_on_when_it_is_back()
    {
        Require.AtLeast(TestLevel.Default);
        await using var gateway = await CephGateway.StartAsync("bluestore");
        string uri = $"s3://{await gateway.NewBucketAsync()}/fleet";
        await using var server = await FaultServer.UpAsync(folder["data"], Environment(gateway.Endpoint, uri));
        var all = Enumerable.Range(0, Rounds).SelectMany(round => drives.All.Select(drive => drive.As(round))).ToList();
        List<Drive> acknowledged = [];
        for (int round = 0; round < Rounds; round++)
        {
            var publishing = all.Skip(round * drives.All.Count).Take(drives.All.Count)
                .Select(async drive => (Drive: drive, Answer: await server.PublishAsync(drive.Path, drive.Vehicle, drive.Session))).ToList();

            // Another moment of the work in each round; what is asserted holds for any.
            await Task.Delay(200 + 700 * round, Stop);
            await gateway.KillAsync();
            await gateway.RestartAsync();
            foreach (var (drive, answer) in await Task.WhenAll(publishing))
            {
                if (answer?.Result is UploadResult.Accepted or UploadResult.Duplicate) acknowledged.Add(drive);
                else answer?.Code.ShouldBe("MESH8033");
            }
        }

        // What was acknowledged is committed without anybody's help; a producer without an answer sends again.
        foreach (var drive in acknowledged) await server.CommittedAsTruthSaysAsync(drive);
        (await server.PublishAsync(all)).Count.ShouldBe(all.Count);
        foreach (var drive in all) await server.CommittedAsTruthSaysAsync(drive);
        (await server.GetAsync("recordings"))!.Value.GetArrayLength().ShouldBe(all.Count);
        (await server.DeadLettersAsync()).ShouldBeEmpty();
        using var lake = S3ObjectStore.OpenForReading($"{uri}/lake", Options(gateway.Endpoint));
        await Lake.HoldsExactlyAsync(lake, all);
    }

    private static S3Options Options(string endpoint) => new() { Endpoint = endpoint, Region = "us-east-1", Credentials = new S3Credentials(CephGateway.AccessKey, CephGateway.SecretKey) };

    private static Dictionary<string, string> Environment(string endpoint, string uri) => new()
    {
        ["MESH_STORAGE__URI"] = uri,
        ["MESH_STORAGE__ENDPOINT"] = endpoint,
        ["MESH_STORAGE__ACCESSKEY"] = CephGateway.AccessKey,
        ["MESH_STORAGE__SECRETKEY"] = CephGateway.SecretKey,
    };

    private static async Task<(int Code, string Output, string Errors)> RunAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        await using var mesh = MeshProcess.Start(environment, arguments);
        await mesh.WaitForExitAsync();
        return (mesh.ExitCode, mesh.Output, mesh.Errors);
    }
}
