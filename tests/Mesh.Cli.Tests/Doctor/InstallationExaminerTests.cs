using System.Net;
using System.Net.Sockets;
using Mesh.Cli.Doctor;

namespace Mesh.Cli.Tests.Doctor;

/// <summary>`mesh doctor` without a recording: what is wrong is found, said with its remedy, and decides the exit code.</summary>
public sealed class InstallationExaminerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mesh-doctor").FullName;

    [Fact]
    public async Task A_machine_that_is_ready_passes()
    {
        var checks = await ExamineAsync("http: { port: 0 }\nkafka: { port: 0 }\nschemaRegistry: { port: 0 }\n");

        checks.Where(check => check.State == CheckState.Fail).ShouldBeEmpty();
        checks.Select(check => check.Part).ShouldBe(
            ["settings", "mesh", "clock", "memory", "open files", "temporary disk", "libzstd", "liblz4", "deflate", "bzip2", "librdkafka", "onnxruntime", "state directory", "access", "http port", "kafka port", "registry port", "catalogue", "storage"],
            ignoreOrder: true);
        checks.ShouldAllBe(check => check.State == CheckState.Ok || check.Remedy != null);
    }

    [Theory]
    [InlineData("htp: { port: 1 }", "settings", "MESH11003")]
    [InlineData("ingest: { memory: lots }", "memory", "MESH11001")]
    [InlineData("http: { listen: 0.0.0.0 }", "access", "MESH11052")]
    [InlineData("http: { port: 99999 }", "http port", "MESH11001")]
    [InlineData("tls: { certificate: there-is-none.pem }", "access", "MESH11053")]
    [InlineData("ingest: { topology: there-is-none.yaml }", "topologies", "MESH11041")]
    [InlineData("catalogue: { connection: 'Host=127.0.0.1;Port=9;Database=mesh;Timeout=2' }", "catalogue", "MESH")]
    [InlineData("schemaRegistry: { url: 'http://127.0.0.1:9' }", "schema registry", "MESH7102")]
    public async Task What_would_keep_a_server_from_working_fails(string config, string part, string code)
    {
        var check = (await ExamineAsync(config)).Single(check => check.Part == part);

        check.State.ShouldBe(CheckState.Fail);
        check.Text.ShouldStartWith(code);
    }

    [Fact]
    public async Task A_port_that_somebody_else_has_is_a_warning_that_names_the_setting()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var check = (await ExamineAsync($"http: {{ port: {((IPEndPoint)other.LocalEndpoint).Port} }}")).Single(check => check.Part == "http port");

        check.State.ShouldBe(CheckState.Warn);
        check.Remedy.ShouldNotBeNull().ShouldContain("http.port");
    }

    [Fact]
    public async Task A_collector_that_does_not_answer_is_a_warning() =>
        (await ExamineAsync("telemetry: { otlpEndpoint: 'http://127.0.0.1:9' }")).Single(check => check.Part == "collector").State.ShouldBe(CheckState.Warn);

    [Fact]
    public async Task A_folder_that_is_named_must_be_a_state_directory()
    {
        var check = (await new InstallationExaminer(folder, Write("")).ExamineAsync(TestContext.Current.CancellationToken)).Single(check => check.Part == "state directory");

        check.State.ShouldBe(CheckState.Fail);
        check.Remedy.ShouldNotBeNull().ShouldContain("mesh up --data");
    }

    [Fact]
    public async Task A_state_directory_of_a_newer_mesh_fails()
    {
        File.WriteAllText(Path.Combine(folder, "VERSION"), "999\n");

        var check = (await new InstallationExaminer(folder, Write("")).ExamineAsync(TestContext.Current.CancellationToken)).Single(check => check.Part == "state directory");

        check.Text.ShouldStartWith("MESH11011");
        check.Sound.ShouldBeFalse();
    }

    [Fact]
    public async Task The_exit_code_says_whether_a_check_failed()
    {
        (await MeshProgram.RunAsync(["doctor", "--config", Write("http: { port: 0 }"), "--json"])).ShouldBe(ExitCodes.Done);
        (await MeshProgram.RunAsync(["doctor", "--config", Write("http: { port: 99999 }")])).ShouldBe(ExitCodes.Failed);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<IReadOnlyList<InstallationCheck>> ExamineAsync(string config) => new InstallationExaminer(null, Write(config)).ExamineAsync(TestContext.Current.CancellationToken);

    private string Write(string config)
    {
        string file = Path.Combine(folder, "mesh.yaml");
        File.WriteAllText(file, config);
        return file;
    }
}
