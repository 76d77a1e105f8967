using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary><c>mesh broker</c> as a process of its own, used with kcat.</summary>
public sealed class BrokerCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_kcat_wrote_is_there_after_a_clean_stop_and_a_start()
    {
        string kcat = Require.Program("kcat", "apt-get install kcat");
        await using (var mesh = await StartAsync("--registry", "0"))
        {
            string[] broker = ["-b", mesh.AddressOf("kafka")];
            File.WriteAllText(folder["lines"], "one\ntwo\nthree\n");
            await ToolProcess.RunAsync(kcat, [.. broker, "-P", "-t", "lines", "-l", folder["lines"]]);
            using var http = new HttpClient();
            (await http.GetStringAsync(new Uri(mesh.AddressOf("schema registry") + "/subjects"), TestContext.Current.CancellationToken)).ShouldBe("[]");
            await StopAsync(mesh);
        }

        await using var again = await StartAsync("--no-auto-create");
        string read = await ToolProcess.RunAsync(kcat, "-b", again.AddressOf("kafka"), "-C", "-t", "lines", "-e", "-q", "-o", "beginning");
        read.ShouldBe("one\ntwo\nthree\n");
        string topics = await ToolProcess.RunAsync(kcat, "-b", again.AddressOf("kafka"), "-L", "-J", "-t", "not-made");
        JsonDocument.Parse(topics).RootElement.GetProperty("topics")[0].GetProperty("error").GetString()!.ShouldContain("Unknown topic");
        await StopAsync(again);
    }

    [Fact]
    public async Task Users_of_a_file_log_in_and_others_do_not()
    {
        string kcat = Require.Program("kcat", "apt-get install kcat");
        File.WriteAllText(folder["users"], "alice: wonderland\n");
        await using var mesh = await StartAsync("--users", folder["users"]);
        File.WriteAllText(folder["lines"], "one\n");

        string[] login = ["-b", mesh.AddressOf("kafka"), "-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanisms=SCRAM-SHA-512", "-X", "sasl.username=alice"];
        await ToolProcess.RunAsync(kcat, [.. login, "-X", "sasl.password=wonderland", "-P", "-t", "t", "-l", folder["lines"]]);
        await Should.ThrowAsync<Exception>(() => ToolProcess.RunAsync(kcat, [.. login, "-X", "sasl.password=guess", "-L", "-m", "3"]));
        mesh.Errors.ShouldContain("Authentication of 127.0.0.1 failed for user alice");
        mesh.Errors.ShouldNotContain("guess");
        await StopAsync(mesh);
    }

    [Fact]
    public async Task A_super_user_opens_a_topic_to_a_user_and_closes_it_again()
    {
        string kcat = Require.Program("kcat", "apt-get install kcat");
        File.WriteAllText(folder["users"], "alice: wonderland\nroot: super\n");
        File.WriteAllText(folder["mesh.yaml"], "kafka:\n  user: root\n  password: super\n");
        File.WriteAllText(folder["lines"], "one\n");
        await using var mesh = await StartAsync("--users", folder["users"], "--super-users", "root", "--closed");
        string[] write = ["-b", mesh.AddressOf("kafka"), "-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanisms=PLAIN", "-X", "sasl.username=alice", "-X", "sasl.password=wonderland", "-P", "-t", "fleet.cars", "-l", folder["lines"], "-X", "message.timeout.ms=3000"];
        string[] asRoot = ["--kafka", mesh.AddressOf("kafka"), "--config", folder["mesh.yaml"], "--json"];
        await Should.ThrowAsync<Exception>(() => ToolProcess.RunAsync(kcat, write));

        var added = await MeshProcess.RunJsonAsync(["acls", "add", "alice", "write", "create", "--topic", "fleet.", "--prefix", .. asRoot]);
        added.GetArrayLength().ShouldBe(2);
        await ToolProcess.RunAsync(kcat, write);
        var listed = await MeshProcess.RunJsonAsync(["acls", "list", .. asRoot]);
        listed.EnumerateArray().Select(rule => $"{rule.GetProperty("resource").GetString()} {rule.GetProperty("name").GetString()} {rule.GetProperty("principal").GetString()} {rule.GetProperty("operation").GetString()}")
            .ShouldBe(["topic fleet. User:alice Write", "topic fleet. User:alice Create"], ignoreOrder: true);

        (await MeshProcess.RunJsonAsync(["acls", "remove", "alice", "write", "create", "--topic", "fleet.", "--prefix", .. asRoot])).GetArrayLength().ShouldBe(2);
        await Should.ThrowAsync<Exception>(() => ToolProcess.RunAsync(kcat, write));
        await StopAsync(mesh);
    }

    [Fact]
    public async Task Beyond_loopback_it_starts_only_with_tls_and_users_or_when_told_to_let_everybody_in()
    {
        var (exitCode, _, errors) = await MeshProcess.RunAsync("broker", "--data", folder["broker"], "--listen", "0.0.0.0:0");
        exitCode.ShouldBe(1);
        errors.ShouldContain("MESH11052");

        await using var told = await StartAsync("--listen", "0.0.0.0:0", "--allow-insecure", "--advertise", "127.0.0.1");
        await told.WaitUntilAsync(() => told.Errors.Contains("Everybody on the network", StringComparison.Ordinal), "the warning");
        await StopAsync(told);
    }

    private async Task<MeshProcess> StartAsync(params string[] arguments)
    {
        string[] listen = arguments.Contains("--listen") ? [] : ["--listen", "127.0.0.1:0"];
        var mesh = MeshProcess.Start(["broker", "--data", folder["broker"], .. listen, .. arguments]);
        await mesh.WaitUntilAsync(() => mesh.Output.Contains("Ctrl-C stops it", StringComparison.Ordinal), "`mesh broker` to be up");
        return mesh;
    }

    private static async Task StopAsync(MeshProcess mesh)
    {
        await mesh.SignalAsync("TERM");
        await mesh.WaitForExitAsync();
        mesh.ExitCode.ShouldBe(0, mesh.Errors);
        mesh.Output.ShouldEndWith("stopped\n");
    }
}
