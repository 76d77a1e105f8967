using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests.Clusters;

/// <summary>
/// Apache Kafka in a container, for all tests of a class, over the <c>docker</c> command. Opt-in by MESH_TEST_DOCKER=1; the image is an
/// <c>apache/kafka</c> that the engine has already, for nothing is pulled. Kafka 4.0.0 itself will not do: librdkafka needs the first
/// versions of JoinGroup, which 4.0.1 brought back (KAFKA-19444).
/// </summary>
public sealed class DockerKafka : IAsyncDisposable
{
    private readonly SemaphoreSlim starting = new(1);
    private string? container;
    private string? bootstrap;

    /// <summary>Its address; the first caller starts it. Skips when it cannot be had.</summary>
    public async Task<string> StartAsync()
    {
        await starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return bootstrap ??= await RunAsync();
        }
        finally
        {
            starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (container is not null) await DockerAsync("rm", "--force", container);
        starting.Dispose();
    }

    private async Task<string> RunAsync()
    {
        const string needs = "needs a Docker engine with an apache/kafka image, and MESH_TEST_DOCKER=1";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MESH_TEST_DOCKER") == "1", needs);
        Require.Program("docker", "install Docker");
        var (exitCode, images) = await DockerAsync("images", "--format", "{{.Repository}}:{{.Tag}}", "apache/kafka");
        string? image = images.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        Assert.SkipWhen(exitCode != 0 || image is null, needs);

        int port = FreePort();
        string address = $"127.0.0.1:{port}";
        string[] settings =
        [
            "KAFKA_NODE_ID=1", "KAFKA_PROCESS_ROLES=broker,controller", "KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:29093",
            $"KAFKA_LISTENERS=PLAINTEXT://:{port},CONTROLLER://:29093", $"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://{address}",
            "KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER", "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1", "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1", "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0",
        ];
        (exitCode, string output) = await DockerAsync(
            ["run", "--detach", "--rm", "--publish", $"127.0.0.1:{port}:{port}", .. settings.SelectMany(setting => (string[])["--env", setting]), image!]);
        Assert.True(exitCode == 0, $"docker run {image} ended with {exitCode.ToString(CultureInfo.InvariantCulture)}: {output}");
        container = output.Trim();
        await WaitUntilItAnswersAsync(address);
        return address;
    }

    private static async Task WaitUntilItAnswersAsync(string address)
    {
        await using var admin = new TopicAdmin(new KafkaOptions { Bootstrap = address }, NullLogger.Instance);
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await admin.ListAsync(TestContext.Current.CancellationToken);
                return;
            }
            catch (MeshException) when (deadline.Elapsed < TimeSpan.FromMinutes(2))
            {
                await Task.Delay(500, TestContext.Current.CancellationToken);
            }
        }
    }

    private static async Task<(int ExitCode, string Output)> DockerAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await errors);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
