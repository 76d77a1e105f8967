using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Mesh.Testing;

/// <summary>
/// A Ceph object gateway, which is an S3 server, on free ports and in a temporary folder. It ends with the test process, however that ends.
/// Skipped when the Ceph packages are absent.
/// </summary>
public sealed class CephGateway : IAsyncDisposable
{
    private static readonly Lazy<Task<CephGateway>> SharedGateway = new(() => StartAsync("memstore"));
    private static readonly HttpClient Http = new();
    private static readonly string Script = Path.Combine(Repository.Root, "tests", "servers", "ceph-rgw.sh");

    private readonly Dictionary<string, string> environment;
    private readonly string folder;

    private CephGateway(string folder, string store, int port, int monitorPort, int lifecycleDaySeconds)
    {
        this.folder = folder;
        Endpoint = $"http://127.0.0.1:{port}";
        environment = new Dictionary<string, string>
        {
            ["CEPH_DIR"] = folder,
            ["STORE"] = store,
            ["RGW_PORT"] = Text(port),
            ["MON_PORT"] = Text(monitorPort),
            ["S3_ACCESS_KEY"] = AccessKey,
            ["S3_SECRET_KEY"] = SecretKey,
            ["LC_DEBUG"] = Text(lifecycleDaySeconds),
        };
    }

    /// <summary>Access key of its one user.</summary>
    public static string AccessKey => "testaccess";

    /// <summary>Secret key of its one user.</summary>
    public static string SecretKey => "testsecret0123456789";

    /// <summary>Address.</summary>
    public string Endpoint { get; }

    /// <summary>What a program needs in its environment to reach it.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["AWS_ENDPOINT_URL"] = Endpoint,
        ["AWS_ACCESS_KEY_ID"] = AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = SecretKey,
        ["AWS_REGION"] = "us-east-1",
    };

    /// <summary>The one that the tests of a process share; it keeps objects in memory.</summary>
    public static Task<CephGateway> SharedAsync()
    {
        RequirePackages();
        return SharedGateway.Value;
    }

    /// <summary>Starts one.</summary>
    /// <param name="store"><c>memstore</c>: objects in memory, gone when it stops; <c>bluestore</c>: on disk, there after a kill.</param>
    /// <param name="lifecycleDaySeconds">Seconds that stand for a day of lifecycle rules (default: real days).</param>
    public static async Task<CephGateway> StartAsync(string store, int lifecycleDaySeconds = -1)
    {
        RequirePackages();

        // One start at a time on the machine: ports that are free now are taken only when the servers listen.
        await using var turn = await TakeTurnAsync();
        var (port, monitorPort) = FreePorts();
        string folder = Path.Combine(Path.GetTempPath(), $"mesh-ceph-{Guid.NewGuid():N}");
        var gateway = new CephGateway(folder, store, port, monitorPort, lifecycleDaySeconds);
        gateway.Start("guard", Text(System.Environment.ProcessId)).Dispose();
        await gateway.RunAsync("start");
        return gateway;
    }

    /// <summary>Makes a bucket of a new name.</summary>
    public async Task<string> NewBucketAsync()
    {
        string bucket = $"test-{Guid.NewGuid():N}";

        // Signed by hand, in the first version of S3's signatures, because it is short.
        string date = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture);
#pragma warning disable CA5350 // SHA-1 is the specification's.
        byte[] signature = HMACSHA1.HashData(Encoding.UTF8.GetBytes(SecretKey), Encoding.UTF8.GetBytes($"PUT\n\n\n{date}\n/{bucket}"));
#pragma warning restore CA5350
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Endpoint}/{bucket}");
        request.Headers.TryAddWithoutValidation("Date", date);
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS {AccessKey}:{Convert.ToBase64String(signature)}");
        using var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return bucket;
    }

    /// <summary>Kills gateway, monitor and disk daemon, as a power cut would.</summary>
    public Task KillAsync() => RunAsync("kill9");

    /// <summary>Kills the gateway alone.</summary>
    public Task KillGatewayAsync() => RunAsync("gateway-kill9");

    /// <summary>Starts what was killed, on the same ports and the same state.</summary>
    public Task RestartAsync() => RunAsync("start");

    /// <summary>Starts the gateway that was killed.</summary>
    public Task RestartGatewayAsync() => RunAsync("gateway-start");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static void RequirePackages()
    {
        const string remedy = "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd";
        foreach (string program in new[] { "radosgw", "ceph-mon", "ceph-osd" }) Require.Program(program, remedy);
    }

    private static async Task<FileStream> TakeTurnAsync()
    {
        string path = Path.Combine(Path.GetTempPath(), "mesh-ceph.lock");
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < TimeSpan.FromMinutes(3))
            {
                await Task.Delay(200, TestContext.Current.CancellationToken);
            }
        }
    }

    // The monitor listens on two ports that follow each other.
    private static (int Gateway, int Monitor) FreePorts()
    {
        while (true)
        {
            using var gateway = Listen(0)!;
            using var monitor = Listen(0)!;
            int monitorPort = ((IPEndPoint)monitor.LocalEndpoint).Port;
            if (monitorPort == IPEndPoint.MaxPort) continue;
            using var next = Listen(monitorPort + 1);
            if (next is not null) return (((IPEndPoint)gateway.LocalEndpoint).Port, monitorPort);
        }
    }

    private static TcpListener? Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // The daemons inherit what the script has open: with redirected output, reading to its end would wait for them.
    private async Task RunAsync(params string[] arguments)
    {
        string log = $"{folder}.log";
        using var process = Start(arguments, log);
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(2));
        string said = File.Exists(log) ? await File.ReadAllTextAsync(log) : "";
        File.Delete(log);
        Assert.True(process.ExitCode == 0, $"ceph-rgw.sh {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
    }

    private Process Start(params string[] arguments) => Start(arguments, "/dev/null");

    private Process Start(string[] arguments, string log)
    {
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$0\" \"$@\" >\"$CEPH_LOG\" 2>&1 </dev/null", Script, .. arguments]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["CEPH_LOG"] = log;
        return Process.Start(start)!;
    }
}
